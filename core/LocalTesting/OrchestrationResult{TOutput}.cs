using Iml4e.LocalRuntime.Testing.Simulation;

namespace Iml4e.LocalRuntime.Testing;

/// <summary>How an orchestration went in a harness, with the type of its output.</summary>
public sealed class OrchestrationResult<TOutput> : OrchestrationResult
{
    internal OrchestrationResult(SimulatedInstance instance, DataConverter converter, IReadOnlyList<OrchestrationResult> children)
        : base(instance, converter, children)
    {
    }

    /// <summary>The output.</summary>
    /// <exception cref="InvalidOperationException">It has not completed; the message says what happened instead.</exception>
    public TOutput Output => ReadOutputAs<TOutput>();
}
