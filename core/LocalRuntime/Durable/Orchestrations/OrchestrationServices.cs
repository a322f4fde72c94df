using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>What all orchestrations of a hub share.</summary>
internal sealed record OrchestrationServices(
    IDurableFunctionInvoker Functions, DataConverter Converter, ILoggerFactory Loggers, DurableTaskSettings Settings, PayloadGuard Payloads)
{
    /// <summary>Makes the spans of the hub.</summary>
    public DurableTracer Tracer { get; } = new(Settings.DistributedTracing);
}
