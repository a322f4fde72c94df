using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Acceptance;

/// <summary>The accept expression of a job request.</summary>
public static class AcceptRule
{
    /// <summary>Checks the expression's syntax and names; nothing to check when there is none.</summary>
    public static void Check(string? accept, string path, IReadOnlyList<string> known, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (accept is null)
            return;
        try
        {
            foreach (var name in AcceptExpression.Parse(accept).Names)
                errors.Require(known.Contains(name), path, $"'{name}' is not known; metrics are {string.Join(", ", known)}");
        }
        catch (AcceptExpressionException e)
        {
            errors.Add(path, e.Message);
        }
    }

    /// <summary>Judges metrics; null when there is no expression.</summary>
    public static AcceptResult? Judge(string? accept, IReadOnlyDictionary<string, double?> metrics) =>
        accept is null ? null : AcceptExpression.Parse(accept).Evaluate(metrics);
}
