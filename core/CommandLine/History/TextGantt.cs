using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Spectre.Console;

namespace Iml4e.CommandLine.History;

/// <summary>The timeline of an instance in characters: a line a call, its tries as bars and the pauses between them as dots.</summary>
internal sealed class TextGantt
{
    private const int LongestName = 28;
    private const int LeastWidth = 20;
    private const int TickWidth = 14;
    private readonly DateTime from;
    private readonly TimeSpan span;
    private readonly int width;
    private readonly JsonNode detail;
    private readonly DateTime now;

    /// <param name="detail">An instance as the app tells of it.</param>
    /// <param name="columns">The width of the screen in characters.</param>
    public TextGantt(JsonNode detail, int columns)
    {
        this.detail = detail;
        now = Times.Read(detail["now"]) ?? throw new FormatException("The answer has no time.");
        width = Math.Max(LeastWidth, columns - LongestName - 3);
        from = Times.Read(detail["instance"]?["created"]) ?? now;
        var end = Times.Read(detail["instance"]?["ended"]) ?? now;
        span = end > from ? end - from : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>The lines, as markup.</summary>
    public IEnumerable<string> Lines()
    {
        yield return Name("") + Axis();
        if (detail["events"] is JsonArray { Count: > 0 } events)
            yield return Name("events") + Events(events);
        foreach (var lane in detail["lanes"]!["items"]!.AsArray())
        {
            var id = lane!["attempts"]![0]!["id"]!.GetValue<int>();
            yield return Name(string.Create(CultureInfo.InvariantCulture, $"{Json.Text(lane["name"])} #{id}")) + Lane(lane);
        }
    }

    private static string Name(string text)
    {
        var cut = text.Length > LongestName ? text[..(LongestName - 1)] + "…" : text;
        return "  " + Markup.Escape(cut.PadRight(LongestName)) + " ";
    }

    private string Axis()
    {
        var line = new string(' ', width).ToCharArray();
        for (var column = 0; column + TickWidth <= width; column += TickWidth)
        {
            var text = "|" + (column == 0 ? "0" : "+" + Durations.Describe(span * column / width));
            text.AsSpan(0, Math.Min(text.Length, TickWidth - 1)).CopyTo(line.AsSpan(column));
        }

        return $"[grey]{Markup.Escape(new string(line))}[/]";
    }

    private string Events(JsonArray events)
    {
        var cells = Empty();
        foreach (var mark in events)
        {
            if (Times.Read(mark!["at"]) is { } at)
                cells[Column(at)] = Json.Truth(mark["buffered"]) == true ? ("◇", "yellow") : ("◆", "purple");
        }

        return Write(cells);
    }

    private string Lane(JsonNode lane)
    {
        var cells = Empty();
        var isTimer = Json.Text(lane["kind"]) == "Timer";
        foreach (var pause in lane["pauses"]!.AsArray())
            Fill(cells, pause!["start"], pause["end"] ?? pause["due"], "·", "yellow");
        foreach (var attempt in lane["attempts"]!.AsArray())
        {
            var (sign, colour) = Json.Text(attempt!["status"]) switch
            {
                "Completed" => (isTimer ? "─" : "█", isTimer ? "purple" : "green"),
                "Failed" => ("x", "red"),
                "Open" => (isTimer ? "─" : "▓", "blue"),
                "Arrived" => ("■", "yellow"),
                _ => ("░", "grey"),
            };
            Fill(cells, attempt["start"], attempt["end"] ?? (isTimer ? lane["due"] : null), sign, colour);
        }

        return Write(cells);
    }

    private void Fill((string Sign, string Colour)[] cells, JsonNode? start, JsonNode? end, string sign, string colour)
    {
        if (Times.Read(start) is not { } first)
            return;
        var last = Column(Times.Read(end) ?? now);
        for (var column = Column(first); column <= last; column++)
            cells[column] = (sign, colour);
    }

    private int Column(DateTime at) => (int)Math.Clamp((at - from) / span * width, 0, width - 1);

    private (string Sign, string Colour)[] Empty()
    {
        var cells = new (string Sign, string Colour)[width];
        Array.Fill(cells, (" ", ""));
        return cells;
    }

    /// <summary>Joins the cells, neighbours of one colour together.</summary>
    private static string Write((string Sign, string Colour)[] cells)
    {
        var line = new System.Text.StringBuilder();
        for (var i = 0; i < cells.Length;)
        {
            var colour = cells[i].Colour;
            var start = i;
            while (i < cells.Length && cells[i].Colour == colour)
                i++;
            var text = string.Concat(cells[start..i].Select(cell => cell.Sign));
            line.Append(colour.Length == 0 ? text : $"[{colour}]{text}[/]");
        }

        return line.ToString().TrimEnd();
    }
}
