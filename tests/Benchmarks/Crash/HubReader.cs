using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.Benchmarks.Crash;

/// <summary>Reads a hub that nobody has open.</summary>
internal sealed class HubReader : IDisposable
{
    private readonly StoreReaders _readers;
    private readonly InstanceQueries _queries;

    public HubReader(string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        _readers = new StoreReaders(new DurableTaskSettings { DataFolder = folder, HubName = "Crash" }.DatabasePath);
        _queries = new InstanceQueries(_readers);
    }

    public InstanceRecord? Find(string instance) => _queries.Find(instance, withPayloads: true);

    /// <summary>What an instance gave, apart from how often it was sent the same; why it gave nothing, otherwise.</summary>
    public static string OutputOf(InstanceRecord instance)
    {
        if (instance.Status != OrchestrationRuntimeStatus.Completed)
            return $"{instance.Status}: {instance.Failure}";
        var output = JsonNode.Parse(instance.Output!);
        return (output is JsonObject receipt ? receipt["Sum"] : output)!.ToJsonString();
    }

    /// <summary>How many parcels an instance was given, the same ones more than once included; null when it counts none.</summary>
    public static int? ParcelsOf(InstanceRecord instance) =>
        instance.Status == OrchestrationRuntimeStatus.Completed && JsonNode.Parse(instance.Output!) is JsonObject receipt ? (int)receipt["Received"]! : null;

    /// <summary>The state of an entity that is a number; 0 for none.</summary>
    public int CountOf(string entity) =>
        new EntityQueries(_readers).Find(entity, withState: true)?.State is { } state ? int.Parse(state, CultureInfo.InvariantCulture) : 0;

    /// <summary>All instances, children included, whose history holds the answer to a call twice, or a call that is out of order.</summary>
    public IEnumerable<string> FindEffectsTwice()
    {
        string? token = null;
        do
        {
            var page = _queries.List(new OrchestrationQuery { PageSize = 1000, ContinuationToken = token });
            foreach (var instance in page.Values)
            {
                var history = _queries.ReadHistory(instance.Execution);
                var answers = history
                    .Where(item => item.TaskId is not null && item.Kind != HistoryEventKind.ExecutionCompleted)
                    .Select(item => item.TaskId!.Value)
                    .ToList();
                var calls = history.Where(item => item.EventId is not null).Select(item => item.EventId!.Value).ToList();
                if (answers.Count != answers.Distinct().Count() || !calls.SequenceEqual(Enumerable.Range(0, calls.Count)))
                    yield return instance.InstanceId;
            }

            token = page.ContinuationToken;
        }
        while (token is not null);
    }

    public void Dispose() => _readers.Dispose();
}
