using System.Diagnostics;
using Iml4e.LocalRuntime.Hosting.Invocation;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>What the trigger of an orchestrator or an activity offers to its parameters.</summary>
/// <param name="Context">A TaskOrchestrationContext or a TaskActivityContext.</param>
/// <param name="Input">The input as JSON; null for none.</param>
internal sealed record DurableInvocation(object Context, string? Input) : ITraced
{
    public ActivityContext? Origin => (Context as ITraced)?.Origin;
}
