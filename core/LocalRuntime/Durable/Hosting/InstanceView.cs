using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Instances and histories as the management API shows them.</summary>
internal static class InstanceView
{
    private const int MaxShownDepth = 56;

    public static JsonObject Of(InstanceRecord instance, bool showInput) => new()
    {
        ["name"] = instance.Name,
        ["instanceId"] = instance.InstanceId,
        ["runtimeStatus"] = instance.Status.ToString(),
        ["input"] = showInput ? Parse(instance.Input) : null,
        ["customStatus"] = Parse(instance.CustomStatus),
        ["output"] = instance.Failure is null ? Parse(instance.Output) : FailureText(HistoryJson.ReadFailure(instance.Failure)),
        ["createdTime"] = Time(instance.CreatedAt),
        ["lastUpdatedTime"] = Time(instance.UpdatedAt),
        ["historyEvents"] = null,
    };

    /// <summary>Why an instance failed, without the names of types: those are for the log.</summary>
    public static string? FailureText(TaskFailureDetails? failure) => failure?.ErrorMessage;

    /// <summary>
    /// The history without bookkeeping: turns are left out, the call of an activity or a sub-orchestration is folded into its completion, and ids go.
    /// </summary>
    public static JsonArray History(IReadOnlyList<HistoryEvent> history, InstanceRecord instance, bool showOutput, bool showInput)
    {
        var calls = history.Where(IsCall).ToDictionary(item => item.EventId!.Value);
        var answered = history.Where(IsAnswer).Select(item => item.TaskId!.Value).ToHashSet();
        var view = new JsonArray();
        foreach (var item in history)
        {
            if (item.Kind is HistoryEventKind.OrchestratorStarted or HistoryEventKind.OrchestratorCompleted
                || (IsCall(item) && answered.Contains(item.EventId!.Value)))
            {
                continue;
            }

            view.Add(Entry(item, instance, IsAnswer(item) ? calls.GetValueOrDefault(item.TaskId!.Value) : null, showOutput, showInput));
        }

        return view;
    }

    private static JsonObject Entry(HistoryEvent item, InstanceRecord instance, HistoryEvent? call, bool showOutput, bool showInput)
    {
        var entry = new JsonObject { ["EventType"] = item.Kind.ToString(), ["Timestamp"] = Exact(item.Timestamp) };
        if (call is not null)
        {
            entry["ScheduledTime"] = Exact(call.Timestamp);
            entry["FunctionName"] = call.Name;
        }
        else if (item.Name is not null)
        {
            entry[item.Kind == HistoryEventKind.ExecutionStarted ? "FunctionName" : "Name"] = item.Name;
        }

        if (item.InstanceId is not null)
            entry["InstanceId"] = item.InstanceId;
        if (item.FireAt is { } fireAt)
            entry["FireAt"] = Exact(fireAt);
        if (showInput && (item.Kind == HistoryEventKind.ExecutionStarted ? instance.Input : call?.Input ?? item.Input) is { } input)
            entry["Input"] = Parse(input);
        if (item.Status is { } status)
            entry["OrchestrationStatus"] = status.ToString();
        if (showOutput && item.Result is not null)
            entry["Result"] = Parse(item.Result);
        if (item.Failure is { } failure)
            entry["Reason"] = FailureText(failure);
        else if (item.Reason is not null)
            entry["Reason"] = item.Reason;
        return entry;
    }

    private static bool IsCall(HistoryEvent item) =>
        item.Kind is HistoryEventKind.TaskScheduled or HistoryEventKind.SubOrchestrationInstanceCreated;

    private static bool IsAnswer(HistoryEvent item) => item.Kind is HistoryEventKind.TaskCompleted or HistoryEventKind.TaskFailed
        or HistoryEventKind.SubOrchestrationInstanceCompleted or HistoryEventKind.SubOrchestrationInstanceFailed;

    /// <summary>What the store keeps as JSON, to be shown; what cannot be is shown as text.</summary>
    public static JsonNode? Parse(string? json)
    {
        if (json is null)
            return null;
        try
        {
            // Written once to try: half characters are found only then. The view itself nests what it shows a few levels deep.
            var node = JsonNode.Parse(json, null, new JsonDocumentOptions { MaxDepth = MaxShownDepth });
            _ = node?.ToJsonString();
            return node;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            // Too deep, or half a character in it, or an app with a serialiser of its own that keeps something else than JSON: it is shown as the text it is.
            return JsonValue.Create(json);
        }
    }

    private static string Exact(DateTime time) => time.ToString("o", CultureInfo.InvariantCulture);

    private static string Time(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
