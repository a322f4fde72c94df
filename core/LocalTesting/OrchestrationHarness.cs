using System.Reflection;
using System.Text.Json;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Testing.Scripts;
using Iml4e.LocalRuntime.Testing.Simulation;
using Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.LocalRuntime.Testing;

/// <summary>
/// Runs one orchestrator, with the engine's own code but without a hub: activities, sub-orchestrations, events and time are what the test says they
/// are. Time is virtual, so that a week of waiting takes no time. When the run is over, every prefix of its history is replayed, and an orchestrator
/// that does something else then fails the run with a <see cref="NonDeterminismException"/>.
/// </summary>
/// <example><code>
/// var harness = new OrchestrationHarness();
/// harness.OnActivity("Train").Throws(new IOException()).Returns(new Model("v1"));
/// harness.RaiseEvent("approve", true, at: TimeSpan.FromDays(2));
/// var result = await harness.RunAsync(TrainOrchestrator.Run, new TrainRequest("sales"));
/// Assert.Equal("v1", result.Output.Version);
/// </code></example>
public sealed class OrchestrationHarness
{
    private readonly List<(TimeSpan At, Action<RunningOrchestration> Action)> plan = [];
    private readonly Lazy<OrchestratorCatalog> catalog;
    private bool used;

    /// <summary>A harness whose clock starts at a time; 2026-01-01T00:00:00Z when none is given.</summary>
    public OrchestrationHarness(DateTimeOffset? start = null)
    {
        Time = new VirtualTime(start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        catalog = new Lazy<OrchestratorCatalog>(() => new OrchestratorCatalog(Converter, Services));
    }

    /// <summary>The clock of the run.</summary>
    public VirtualTime Time { get; }

    /// <summary>The id of the instance.</summary>
    public string InstanceId { get; init; } = "test";

    /// <summary>The version of the instance, and the one that sub-orchestrations get; null for none.</summary>
    public string? Version { get; init; }

    /// <summary>The orchestration that is said to have called this one.</summary>
    public ParentOrchestrationInstance? Parent { get; init; }

    /// <summary>Turns inputs and results to JSON and back; by default as a function app does that has configured no serialiser.</summary>
    public DataConverter Converter { get; init; } = new JsonDataConverter(new JsonSerializerOptions());

    /// <summary>Where the orchestrator's loggers come from.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Services for the constructors of classes whose orchestrators are instance methods.</summary>
    public IServiceProvider Services { get; init; } = new ServiceCollection().BuildServiceProvider();

    /// <summary>Whether every prefix of the history is replayed after the run; it costs the square of the number of turns.</summary>
    public bool VerifyDeterminism { get; init; } = true;

    /// <summary>The virtual time after which the run ends, finished or not; null for no limit.</summary>
    public TimeSpan? StopAfter { get; init; }

    /// <summary>How many turns the run may take before it is taken to go on for ever.</summary>
    public int MaxTurns { get; init; } = 10_000;

    /// <summary>How long, in real time, the body of a script may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    internal ScriptBook Activities { get; } = new("activity");

    internal ScriptBook SubOrchestrations { get; } = new("sub-orchestration");

    internal ScriptBook Entities { get; } = new("operation of entity");

    internal OrchestratorCatalog Catalog => catalog.Value;

    internal IReadOnlyList<(TimeSpan At, Action<RunningOrchestration> Action)> Plan => plan;

    /// <summary>The script of an activity.</summary>
    public CallScript OnActivity(string name) => Activities.On(name);

    /// <summary>The script of those calls of an activity whose input meets a condition; conditions are tried in the order in which they were made.</summary>
    public CallScript OnActivity<TInput>(string name, Func<TInput, bool> when) => Activities.On(name, when);

    /// <summary>The script of the HTTP requests that the orchestrator makes with CallHttpAsync; each poll of the asynchronous pattern is one.</summary>
    public CallScript OnHttpRequest() => Activities.On(HttpActivity.Name);

    /// <summary>The script of those HTTP requests that meet a condition.</summary>
    public CallScript OnHttpRequest(Func<DurableHttpRequest, bool> when) => Activities.On(HttpActivity.Name, when);

    /// <summary>The script of a sub-orchestration, which then does not run.</summary>
    public CallScript OnSubOrchestration(string name) => SubOrchestrations.On(name);

    /// <summary>The script of those calls of a sub-orchestration whose input meets a condition.</summary>
    public CallScript OnSubOrchestration<TInput>(string name, Func<TInput, bool> when) => SubOrchestrations.On(name, when);

    /// <summary>The script of an operation of all entities of a name. Calls need one; signals are answered by nobody, but run it when they arrive.</summary>
    public CallScript OnEntity(string name, string operation) => Entities.On(EntitySimulation.Key(name, operation));

    /// <summary>The script of those operations of the entities of a name whose input meets a condition.</summary>
    public CallScript OnEntity<TInput>(string name, string operation, Func<TInput, bool> when) => Entities.On(EntitySimulation.Key(name, operation), when);

    /// <summary>The script of an operation of one entity.</summary>
    public CallScript OnEntity(EntityInstanceId id, string operation) => Entities.On(EntitySimulation.Key(id.ToString(), operation));

    /// <summary>Has an orchestrator run for real when it is called as a sub-orchestration.</summary>
    public OrchestrationHarness AddOrchestrator<TOutput>(string name, Func<TaskOrchestrationContext, Task<TOutput>> orchestrator)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        Catalog.Add(name, async (context, _) => await orchestrator(context));
        return this;
    }

    /// <summary>Has the orchestrator functions of a type run for real when they are called as sub-orchestrations.</summary>
    public OrchestrationHarness AddOrchestrators(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Catalog.Add(type);
        return this;
    }

    /// <summary>Has the orchestrator functions of an assembly run for real when they are called as sub-orchestrations.</summary>
    public OrchestrationHarness AddOrchestrators(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        Catalog.Add(assembly);
        return this;
    }

    /// <summary>Does something to the orchestration, or looks at it, at a time after its start.</summary>
    public OrchestrationHarness At(TimeSpan at, Action<RunningOrchestration> action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(action);
        plan.Add((at, action));
        return this;
    }

    /// <summary>Raises an external event at a time after the start; at once, which is after the first turn, when none is given.</summary>
    public OrchestrationHarness RaiseEvent(string eventName, object? payload = null, TimeSpan at = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return At(at, running => running.RaiseEvent(eventName, payload));
    }

    /// <summary>Terminates the orchestration at a time after its start.</summary>
    public OrchestrationHarness Terminate(TimeSpan at, object? output = null, bool recursive = false) =>
        At(at, running => running.Terminate(output, recursive));

    /// <summary>Suspends the orchestration at a time after its start.</summary>
    public OrchestrationHarness Suspend(TimeSpan at) => At(at, running => running.Suspend());

    /// <summary>Resumes the orchestration at a time after its start.</summary>
    public OrchestrationHarness Resume(TimeSpan at) => At(at, running => running.Resume());

    /// <summary>Runs an orchestrator.</summary>
    /// <param name="orchestrator">The orchestrator; it goes by its function's name, else by its method's, a lambda by <c>Orchestration</c>.</param>
    /// <param name="input">The input.</param>
    /// <exception cref="UnscriptedCallException">It called what the test has no answer for.</exception>
    /// <exception cref="NonDeterminismException">It did something else at a replay.</exception>
    /// <exception cref="InvalidOperationException">It took too many turns, or the harness has run before.</exception>
    public Task<OrchestrationResult<TOutput>> RunAsync<TOutput>(Func<TaskOrchestrationContext, Task<TOutput>> orchestrator, object? input = null)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        return RunAsync<TOutput>(NameOf(orchestrator), async (context, _) => await orchestrator(context), input);
    }

    /// <inheritdoc cref="RunAsync{TOutput}(Func{TaskOrchestrationContext, Task{TOutput}}, object?)"/>
    public Task<OrchestrationResult<TOutput>> RunAsync<TInput, TOutput>(Func<TaskOrchestrationContext, TInput, Task<TOutput>> orchestrator, TInput input)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        return RunAsync<TOutput>(NameOf(orchestrator), async (context, json) => await orchestrator(context, Converter.Deserialize<TInput>(json)!), input);
    }

    /// <inheritdoc cref="RunAsync{TOutput}(Func{TaskOrchestrationContext, Task{TOutput}}, object?)"/>
    public async Task<OrchestrationResult> RunAsync(Func<TaskOrchestrationContext, Task> orchestrator, object? input = null)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        return await RunAsync<object?>(
            NameOf(orchestrator),
            async (context, _) =>
            {
                await orchestrator(context);
                return null;
            },
            input);
    }

    /// <summary>Runs an orchestrator that was added with <see cref="AddOrchestrators(Assembly)"/> or its like.</summary>
    /// <inheritdoc cref="RunAsync{TOutput}(Func{TaskOrchestrationContext, Task{TOutput}}, object?)"/>
    public Task<OrchestrationResult<TOutput>> RunAsync<TOutput>(string name, object? input = null) => Catalog.Has(name)
        ? SimulateAsync<TOutput>(name, input)
        : throw new ArgumentException($"There is no orchestrator '{name}'; those added are {string.Join(", ", Catalog.Names)}.", nameof(name));

    private static string NameOf(Delegate orchestrator) => OrchestratorCatalog.NameOf(orchestrator.Method) ?? orchestrator.Method.Name switch
    {
        // Made by the compiler: of a local function its own name, of a lambda none.
        ['<', .. var generated] => generated.Split("g__") is [_, var local] ? local.Split('|')[0] : "Orchestration",
        var name => name,
    };

    private Task<OrchestrationResult<TOutput>> RunAsync<TOutput>(
        string name, Func<TaskOrchestrationContext, string?, Task<object?>> orchestrator, object? input)
    {
        Catalog.Add(name, orchestrator);
        return SimulateAsync<TOutput>(name, input);
    }

    private async Task<OrchestrationResult<TOutput>> SimulateAsync<TOutput>(string name, object? input)
    {
        if (used)
            throw new InvalidOperationException("A harness runs one orchestration; make another one.");
        used = true;
        var simulation = new OrchestrationSimulation(this);
        var instance = await simulation.RunAsync(name, Converter.Serialize(input));
        return new OrchestrationResult<TOutput>(instance, Converter, [.. simulation.Children.Select(child => new OrchestrationResult(child, Converter, []))]);
    }
}
