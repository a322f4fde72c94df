using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>Writes down what an orchestrator asks of its context, before the context answers.</summary>
internal sealed class RecordingContext(TaskOrchestrationContext inner, ILoggerFactory loggers, OrchestrationRecorder recorder) : TaskOrchestrationContext
{
    public override TaskName Name => inner.Name;

    public override string InstanceId => inner.InstanceId;

    public override ParentOrchestrationInstance? Parent => inner.Parent;

    public override string Version => inner.Version;

    public override DateTime CurrentUtcDateTime => inner.CurrentUtcDateTime;

    public override bool IsReplaying => inner.IsReplaying;

    public override IReadOnlyDictionary<string, object?> Properties => inner.Properties;

    public override TaskOrchestrationEntityFeature Entities => inner.Entities;

    public override ILoggerFactory ReplaySafeLoggerFactory => inner.ReplaySafeLoggerFactory;

    protected override ILoggerFactory LoggerFactory => loggers;

    public override T? GetInput<T>()
        where T : default => inner.GetInput<T>();

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) => recorder.Call(
        OrchestrationCallKind.Activity, name, input, options, inner, () => inner.CallActivityAsync<TResult>(name, input, options));

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        recorder.Call(
            OrchestrationCallKind.SubOrchestration, orchestratorName, input, options, inner,
            () => inner.CallSubOrchestratorAsync<TResult>(orchestratorName, input, options));

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) =>
        recorder.Timer(fireAt, inner, () => inner.CreateTimer(fireAt, cancellationToken));

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        recorder.Wait(eventName, () => inner.WaitForExternalEvent<T>(eventName, cancellationToken));

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        inner.SendEvent(instanceId, eventName, payload);
        recorder.SentTo(instanceId, eventName, payload, inner);
    }

    public override void SetCustomStatus(object? customStatus)
    {
        inner.SetCustomStatus(customStatus);
        recorder.Status(customStatus, inner);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        inner.ContinueAsNew(newInput, preserveUnprocessedEvents);

    public override void ContinueAsNew(ContinueAsNewOptions options) => inner.ContinueAsNew(options);

    public override Guid NewGuid() => inner.NewGuid();
}
