using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>What is reported, a rule a construct; each message names the construct, the orchestrator, and what to use instead.</summary>
internal static class Rules
{
    private const string Category = "Orchestration";
    private const string Where = "'{0}' in the code of orchestrator '{1}' ";

    public static readonly DiagnosticDescriptor Clock = Of(
        "IML0001", "Orchestrators do not read the machine's clock", "gives another time at each replay: use context.CurrentUtcDateTime");

    public static readonly DiagnosticDescriptor NewGuid = Of(
        "IML0002", "Orchestrators do not make random guids", "gives another value at each replay: use context.NewGuid()");

    public static readonly DiagnosticDescriptor Randomness = Of(
        "IML0003", "Orchestrators do not draw random numbers",
        "gives another value at each replay: draw in an activity, or from a generator seeded by the input or by context.NewGuid()");

    public static readonly DiagnosticDescriptor Delay = Of(
        "IML0004", "Orchestrators do not wait by the machine's timers",
        "is not in the history and is lost with the process: use context.CreateTimer, with Task.WhenAny for a time limit");

    public static readonly DiagnosticDescriptor Thread = Of(
        "IML0005", "Orchestrators stay on their thread",
        "leaves the orchestrator's thread: do the work in an activity, and start several with Task.WhenAll for what is to run in parallel");

    public static readonly DiagnosticDescriptor ConfigureAwait = Of(
        "IML0006", "Orchestrators resume on their thread", "lets the code go on elsewhere than on the orchestrator's thread: leave it away");

    public static readonly DiagnosticDescriptor ForeignTask = Of(
        "IML0007", "Orchestrators await durable tasks only",
        "gives a task that is not in the history: await only what context gives, and call an activity for the rest (of a CancellationTokenSource use Cancel)");

    public static readonly DiagnosticDescriptor Blocking = Of(
        "IML0008", "Orchestrators do not block", "blocks the orchestrator's thread, on which alone its tasks complete: await the task");

    public static readonly DiagnosticDescriptor InputOutput = Of(
        "IML0009", "Orchestrators do no input or output", "is done again at each replay, with another result: do it in an activity");

    public static readonly DiagnosticDescriptor Environment = Of(
        "IML0010", "Orchestrators do not depend on machine or configuration",
        "may be another at a replay, elsewhere or after a restart: pass it in the input, or read it in an activity");

    public static readonly DiagnosticDescriptor StaticState = Of(
        "IML0011", "Orchestrators do not use static state",
        "is shared by all instances and gone with the process: keep it in local variables or in the input of ContinueAsNew");

    public static readonly DiagnosticDescriptor InstanceState = Of(
        "IML0012", "Orchestrators do not use injected services or fields of their class",
        "is not part of the history, and of another object at each replay: pass values in the input, and use services in activities");

    public static readonly DiagnosticDescriptor Logger = Of(
        "IML0013", "Orchestrators log with replay-safe loggers", "logs again at each replay: use context.CreateReplaySafeLogger");

    public static readonly DiagnosticDescriptor AsyncVoid = Of(
        "IML0014", "Orchestrator code has no async void", "is async void, which nothing can await: return a Task");

    public static readonly DiagnosticDescriptor DurableClient = Of(
        "IML0015", "Orchestrators do not use the durable client",
        "acts outside of the history: use context (CallSubOrchestratorAsync, SendEvent), or the client in an activity");

    public static readonly DiagnosticDescriptor OtherBinding = Of(
        "IML0016", "Orchestrators have no other bindings", "is a binding that is read again at each replay: let an activity have it");

    public static readonly DiagnosticDescriptor HashOrder = Of(
        "IML0017", "Orchestrators do not depend on the order of hashes",
        "comes in the order of hash codes, which of texts are others in each process: sort it, or use a List or a SortedDictionary");

    public static readonly DiagnosticDescriptor HashCode = Of(
        "IML0018", "Orchestrators do not use hash codes of texts", "is another number in each process: use a hash that is defined, such as SHA256");

    public static readonly DiagnosticDescriptor EndlessLoop = Of(
        "IML0019", "Endless orchestrations continue as new", "never ends and lets the history grow without end: call context.ContinueAsNew and return");

    public static readonly DiagnosticDescriptor CancellationToken = Of(
        "IML0020", "Orchestrators take no cancellation token", "cannot be cancelled deterministically: wait for an external event or a durable timer");

    public static readonly DiagnosticDescriptor IsReplaying = Of(
        "IML0021", "What an orchestrator does is the same at a replay",
        "decides here on a durable call, which is then missing at a replay: make the call in either case");

    public static readonly DiagnosticDescriptor DirectActivity = Of(
        "IML0022", "Activities are called through the context",
        "is an activity that is run in place, at each replay: use context.CallActivityAsync(nameof({0}))");

    public static readonly DiagnosticDescriptor ActivityInput = Of(
        "IML0023", "Activities get the input that they declare", "is called with an input of type '{2}' and takes '{3}'");

    public static readonly DiagnosticDescriptor ActivityOutput = Of(
        "IML0024", "Activities give the result that they declare", "is asked for a '{2}' and gives '{3}'");

    public static readonly DiagnosticDescriptor UnknownFunction = Of(
        "IML0025", "What is called exists", "names no {2} function of this assembly; if it is in another one, ignore this", DiagnosticSeverity.Info);

    public static readonly DiagnosticDescriptor TriggerType = new(
        "IML0026", "Durable bindings mark parameters of their type", "[{0}] marks a parameter of type {1}, and not {2}", Category,
        DiagnosticSeverity.Error, true, customTags: [WellKnownDiagnosticTags.CompilationEnd]);

    public static ImmutableArray<DiagnosticDescriptor> All { get; } = ImmutableArray.Create(
        Clock, NewGuid, Randomness, Delay, Thread, ConfigureAwait, ForeignTask, Blocking, InputOutput, Environment, StaticState, InstanceState, Logger,
        AsyncVoid, DurableClient, OtherBinding, HashOrder, HashCode, EndlessLoop, CancellationToken, IsReplaying, DirectActivity, ActivityInput,
        ActivityOutput, UnknownFunction, TriggerType);

    private static DiagnosticDescriptor Of(string id, string title, string text, DiagnosticSeverity severity = DiagnosticSeverity.Warning) =>
        new(id, title, Where + text, Category, severity, true, customTags: [WellKnownDiagnosticTags.CompilationEnd]);
}
