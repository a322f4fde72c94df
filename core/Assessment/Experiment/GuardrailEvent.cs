using Iml4e.Assessment.Acceptance;

namespace Iml4e.Assessment.Experiment;

/// <summary>Says of a request whether it counts for a guardrail.</summary>
public sealed class GuardrailEvent
{
    private readonly AcceptExpression? _expression;

    private GuardrailEvent(AcceptExpression? expression) => _expression = expression;

    /// <summary>Reads a guardrail's event; failed requests when it has none.</summary>
    /// <exception cref="AcceptExpressionException">The event cannot be read; <see cref="ExperimentConfiguration.Validate"/> finds that beforehand.</exception>
    public static GuardrailEvent Of(Guardrail guardrail)
    {
        ArgumentNullException.ThrowIfNull(guardrail);
        return new GuardrailEvent(guardrail.Event is null ? null : AcceptExpression.Parse(guardrail.Event));
    }

    /// <summary>Whether the request counts.</summary>
    /// <param name="latencyMs">How long it took, milliseconds.</param>
    /// <param name="status">Its HTTP status.</param>
    /// <param name="failed">Whether the model failed on it.</param>
    public bool Matches(double latencyMs, int status, bool failed) => _expression is null
        ? failed
        : _expression.Evaluate(new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["latencyMs"] = latencyMs, ["status"] = status, ["error"] = failed ? 1 : 0,
        }).Accepted;
}
