using System.Reflection;
using System.Text.Json;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Testing.Simulation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>
/// Replays recorded histories against today's orchestrators: what passes here goes on after a deployment, so that running instances need not be
/// drained. Kept in a test over a folder of exported histories it is the gate for changes of orchestrators.
/// </summary>
/// <example><code>
/// var replayer = new HistoryReplayer().AddOrchestrators(typeof(OrderOrchestrator).Assembly);
/// foreach (var file in Directory.EnumerateFiles("histories", "*.json"))
///     replayer.Replay(OrchestrationHistoryDocument.Load(file)).ThrowIfDifferent();
/// </code></example>
public sealed class HistoryReplayer
{
    private readonly Lazy<OrchestratorCatalog> catalog;

    public HistoryReplayer() => catalog = new Lazy<OrchestratorCatalog>(() => new OrchestratorCatalog(Converter, Services));

    /// <summary>Turns inputs and results to JSON and back; by default as a function app does that has configured no serialiser.</summary>
    public DataConverter Converter { get; init; } = new JsonDataConverter(new JsonSerializerOptions());

    /// <summary>Services for the constructors of classes whose orchestrators are instance methods.</summary>
    public IServiceProvider Services { get; init; } = new ServiceCollection().BuildServiceProvider();

    /// <summary>How much must be as recorded.</summary>
    public ReplayComparison Comparison { get; init; }

    /// <summary>
    /// Whether the code is started anew for every prefix of the history, as if the process had been restarted there; it costs the square of the
    /// number of turns. If not, it goes once through the turns and once through the replay of them all.
    /// </summary>
    public bool EveryPrefix { get; init; } = true;

    /// <summary>Adds an orchestrator.</summary>
    public HistoryReplayer AddOrchestrator<TOutput>(string name, Func<TaskOrchestrationContext, Task<TOutput>> orchestrator)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        catalog.Value.Add(name, async (context, _) => await orchestrator(context));
        return this;
    }

    /// <summary>Adds the orchestrator functions of a type.</summary>
    public HistoryReplayer AddOrchestrators(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        catalog.Value.Add(type);
        return this;
    }

    /// <summary>Adds the orchestrator functions of an assembly.</summary>
    public HistoryReplayer AddOrchestrators(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        catalog.Value.Add(assembly);
        return this;
    }

    /// <summary>Replays a history.</summary>
    /// <exception cref="HistoryFormatException">The document cannot be the record of an execution.</exception>
    public ReplayReport Replay(OrchestrationHistoryDocument history)
    {
        ArgumentNullException.ThrowIfNull(history);
        HistoryCheck.Check(history);
        var events = history.ReadEvents();
        var turns = RecordedTurn.Split(events).Count;
        if (!catalog.Value.Has(history.Name))
        {
            var gone = $"There is no orchestrator '{history.Name}' any more; those known are {string.Join(", ", catalog.Value.Names)}.";
            return new ReplayReport(history, turns, new ReplayDifference(1, null, null, gone));
        }

        var settings = new DurableTaskSettings { DataFolder = "", DefaultVersion = history.Version };
        var services = new OrchestrationServices(
            new HarnessFunctions(catalog.Value), Converter, NullLoggerFactory.Instance, settings, new PayloadGuard(settings, NullLogger.Instance));
        var replay = new TurnReplay(services, history.Identity, Comparison);
        return new ReplayReport(history, turns, replay.FindDifference(events, EveryPrefix));
    }
}
