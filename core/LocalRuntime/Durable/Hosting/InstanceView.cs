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

    /// <summary>The history without bookkeeping; what was scheduled is folded into its completion.</summary>
    public static JsonArray History(IReadOnlyList<HistoryEvent> history, InstanceRecord instance, bool showOutput, bool showInput)
    {
        var scheduled = history.Where(item => item.EventId is not null).ToDictionary(item => item.EventId!.Value);
        var completed = history.Where(item => item.TaskId is not null && item.Kind != HistoryEventKind.ExecutionCompleted)
            .Select(item => item.TaskId!.Value)
            .ToHashSet();
        var view = new JsonArray();
        foreach (var item in history)
        {
            if (item.Kind is HistoryEventKind.OrchestratorStarted or HistoryEventKind.OrchestratorCompleted
                || (item.EventId is { } id && completed.Contains(id)))
            {
                continue;
            }

            var entry = new JsonObject { ["EventType"] = item.Kind.ToString(), ["Timestamp"] = Time(item.Timestamp) };
            if (item.TaskId is { } task && scheduled.TryGetValue(task, out var origin))
            {
                entry["ScheduledTime"] = Time(origin.Timestamp);
                if (origin.Name is not null)
                    entry["FunctionName"] = origin.Name;
                if (origin.FireAt is { } due)
                    entry["FireAt"] = Time(due);
                if (showInput && origin.Input is not null)
                    entry["Input"] = Parse(origin.Input);
            }
            else if (item.Kind == HistoryEventKind.EventRaised)
            {
                entry["Name"] = item.Name;
            }
            else if (item.Name is not null)
            {
                entry["FunctionName"] = item.Name;
            }

            if (item.FireAt is { } fireAt)
                entry["FireAt"] = Time(fireAt);
            if (item.Kind == HistoryEventKind.ExecutionStarted && showInput)
                entry["Input"] = Parse(instance.Input);
            else if (showInput && item.Input is not null)
                entry["Input"] = Parse(item.Input);
            if (item.Status is { } status)
                entry["OrchestrationStatus"] = status.ToString();
            if (showOutput && item.Result is not null)
                entry["Result"] = Parse(item.Result);
            if (item.Failure is { } failure)
                entry["Reason"] = FailureText(failure);
            else if (item.Reason is not null)
                entry["Reason"] = item.Reason;
            view.Add(entry);
        }

        return view;
    }

    private static JsonNode? Parse(string? json)
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

    private static string Time(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
