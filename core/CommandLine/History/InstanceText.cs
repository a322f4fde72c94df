using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Iml4e.CommandLine.History;

/// <summary>Instances for the terminal.</summary>
internal static class InstanceText
{
    private const int LongestRemark = 120;

    /// <summary>The list, as a table.</summary>
    public static IRenderable List(JsonNode page)
    {
        var now = Times.Read(page["now"]) ?? DateTime.MinValue;
        var table = new Table().Border(TableBorder.None).AddColumns("status", "created", "changed", "orchestrator", "instance");
        foreach (var column in table.Columns.Take(4))
            column.NoWrap();
        foreach (var item in page["items"]!.AsArray())
        {
            table.AddRow(
                Status(item!["status"]),
                Time(item["created"], now),
                Time(item["updated"], now),
                Text(item["name"]),
                Text(item["instanceId"]) + Remark(item));
        }

        var counts = page["counts"]!.AsObject().Select(count => $"{count.Value} {count.Key}");
        return new Rows(table, new Markup($"[grey]{Markup.Escape($"hub {Json.Text(page["hub"])}: {string.Join(", ", counts)}")}[/]"));
    }

    /// <summary>One instance: where it stands, what it waits for, and its timeline.</summary>
    public static IRenderable Instance(JsonNode detail, int columns)
    {
        var now = Times.Read(detail["now"]) ?? DateTime.MinValue;
        var instance = detail["instance"]!;
        var lines = new List<string>
        {
            $"[bold]{Text(instance["instanceId"])}[/]  {Text(instance["name"])}  {Status(instance["status"])}",
            $"created {Time(instance["created"], now)}, {Ending(instance, now)}, {detail["historyCount"]} events in {detail["turns"]} turns"
                + (Json.Text(instance["parent"]) is { } parent ? $", child of {Markup.Escape(parent)}" : ""),
        };
        if (detail["waits"] is JsonArray { Count: > 0 } waits)
        {
            lines.Add("waits for");
            lines.AddRange(waits.Select(wait => "  " + Wait(wait!, now)));
        }

        if (detail["nextTimer"] is { } next && Times.Read(next["due"]) is { } due)
            lines.Add($"next timer {Due(due, now)}: {Text(next["what"])}");
        for (var failure = instance["failure"]; failure is not null; failure = failure["cause"])
            lines.Add($"[red]{(failure == instance["failure"] ? "failed" : "  caused by")}: {Text(failure["type"])}: {Text(failure["message"])}[/]");
        if (detail["buffered"] is JsonArray { Count: > 0 } buffered)
            lines.Add("arrived and not waited for yet: " + string.Join(", ", buffered.Select(mark => $"{Text(mark!["name"])} since {Time(mark["at"], now)}")));
        lines.Add("");
        lines.AddRange(new TextGantt(detail, columns).Lines());
        var lanes = detail["lanes"]!;
        var hidden = lanes["total"]!.GetValue<int>() - lanes["items"]!.AsArray().Count;
        if (hidden > 0)
            lines.Add($"  [grey]and {hidden} more lanes; the viewer shows them: runtime/webhooks/durabletask/viewer[/]");
        return new Rows(lines.Select(line => new Markup(line)));
    }

    /// <summary>A wait in words: for what, since when, until when.</summary>
    public static string Wait(JsonNode wait, DateTime now)
    {
        var since = Times.Read(wait["since"]) is { } start ? $" since {Times.Describe(start, now)} ({Durations.Describe(now - start)})" : "";
        return Text(wait["what"]) + since + (Times.Read(wait["due"]) is { } due ? ", due " + Due(due, now) : "");
    }

    /// <summary>A text of an answer, safe as markup.</summary>
    public static string Text(JsonNode? node) => Markup.Escape(Json.Text(node) ?? "");

    /// <summary>A status in its colour.</summary>
    public static string Status(JsonNode? node)
    {
        var status = Json.Text(node) ?? "";
        var colour = status switch
        {
            "Running" => "blue",
            "Completed" => "green",
            "Failed" => "red",
            "Suspended" => "yellow",
            "Terminated" => "purple",
            _ => "grey",
        };
        return $"[{colour}]{Markup.Escape(status)}[/]";
    }

    private static string Remark(JsonNode item) =>
        Json.Text(item["error"]) is { } error ? $"\n  [red]{Markup.Escape(error.Length > LongestRemark ? error[..LongestRemark] + "…" : error)}[/]"
        : Json.Text(item["parent"]) is { } parent ? $"\n  [grey]child of {Markup.Escape(parent)}[/]"
        : "";

    private static string Time(JsonNode? node, DateTime now) => Times.Read(node) is { } time ? Times.Describe(time, now) : "";

    private static string Due(DateTime due, DateTime now) => due > now
        ? $"in {Durations.Describe(due - now)} ({Times.Describe(due, now)})"
        : $"now, overdue by {Durations.Describe(now - due)}";

    private static string Ending(JsonNode instance, DateTime now)
    {
        var created = Times.Read(instance["created"]) ?? now;
        return Times.Read(instance["ended"]) is { } ended
            ? $"ended {Times.Describe(ended, now)} after {Durations.Describe(ended - created)}"
            : $"{Durations.Describe(now - created)} ago";
    }
}
