namespace Iml4e.Functions.Feedback;

/// <summary>What an outcome is beside the one that is known for its prediction.</summary>
internal enum OutcomeVerdict
{
    /// <summary>The first.</summary>
    First,

    /// <summary>A higher revision: it takes the other's place.</summary>
    Revision,

    /// <summary>The same once more.</summary>
    Repeat,

    /// <summary>Another value, and no higher revision.</summary>
    Conflict,
}
