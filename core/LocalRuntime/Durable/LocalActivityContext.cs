using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.Hosting.Invocation;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>The context of an activity that the local runtime runs.</summary>
internal sealed class LocalActivityContext(ActivityWork work) : TaskActivityContext, ITraced
{
    public override TaskName Name { get; } = work.Name;

    public override string InstanceId => work.InstanceId;

    public override string Version => work.Version ?? string.Empty;

    public ActivityContext? Origin => work.Trace?.OfCall(work.Execution, work.TaskId);

    /// <summary>Which call this is: a new one for each attempt, the same one when it is run again after a fall.</summary>
    public RunningWork Call => work.Running;
}
