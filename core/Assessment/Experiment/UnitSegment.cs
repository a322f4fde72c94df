namespace Iml4e.Assessment.Experiment;

/// <summary>Units by their type (building, user), as the prediction log has it: their counts are compared apart.</summary>
public static class UnitSegment
{
    /// <summary>The most types that are told apart; units of further ones count under <see cref="Other"/>.</summary>
    public const int Most = 20;

    /// <summary>The type of units whose id says none, and of those beyond <see cref="Most"/>.</summary>
    public const string Other = "other";
}
