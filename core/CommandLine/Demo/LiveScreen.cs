using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Iml4e.CommandLine.Demo;

/// <summary>Tells the story in place at a terminal: the state of the building and the model, the error week by week, the latest events.</summary>
internal sealed class LiveScreen : IStoryScreen, IAsyncDisposable
{
    private const int ShownLines = 12;
    private const int ShownWeeks = 26;
    private const string Bars = "▁▂▃▄▅▆▇█";
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;
    private readonly Uri _url;
    private IRenderable _head = new Text("Starting …");

    /// <summary>Begins to draw.</summary>
    /// <param name="console">Terminal.</param>
    /// <param name="url">Address of the dashboard, shown in the title.</param>
    public LiveScreen(IAnsiConsole console, Uri url)
    {
        _url = url;
        _drawing = console.Live(Draw()).AutoClear(false).StartAsync(async context =>
        {
            while (!_end.IsCancellationRequested)
            {
                context.UpdateTarget(Draw());
                await Task.Delay(200, CancellationToken.None);
            }
            context.UpdateTarget(Draw());
        });
    }

    /// <inheritdoc/>
    public void Say(string line) => Add("[silver]" + Markup.Escape(line) + "[/]");

    /// <inheritdoc/>
    public void Tell(StoryEvent told)
    {
        if (told.IsLook)
            return;
        var colour = told switch
        {
            { IsPerformanceTrigger: true } => "yellow",
            { IsPromotion: true } => "green",
            { IsExperimentStart: true } => "aqua",
            { Name: "RolledBack" or "GuardrailFired" } => "red",
            _ => "white",
        };
        Add(string.Create(
            CultureInfo.InvariantCulture,
            $"[grey]{StoryBuilding.DateOf(told.Day):yyyy-MM-dd}[/] [{colour}]{Markup.Escape(told.Name)}[/] [grey]{Markup.Escape(told.Detail)}[/]"));
    }

    /// <inheritdoc/>
    public void Update(StoryState state, StoryVerdict verdict)
    {
        if (state.Day == StoryBuilding.ChangeDay)
            Add("[yellow]The building is refurbished: better insulation, and a heat pump instead of district heat.[/]");
        var table = new Table().Border(TableBorder.Rounded).Expand();
        table.AddColumns("Simulated day", "Error, last 7 days", "Before the change", "Champion", "Traffic today", "Zone-hours");
        table.AddRow(
            string.Create(CultureInfo.InvariantCulture, $"{StoryBuilding.DateOf(state.Day):ddd d MMM yyyy}"),
            StoryVerdict.Show(StoryLines.LatestError(state)),
            StoryVerdict.Show(verdict.ErrorBefore),
            Markup.Escape(state.Champion is { } champion ? "v" + champion : "–"),
            Markup.Escape(StoryLines.Split(state)),
            string.Create(CultureInfo.InvariantCulture, $"{state.Predictions * StoryBuilding.HoursInDay:N0}"));
        var parts = string.Join("  ", verdict.Parts.Select(p => (p.Done ? "[green]●[/] " : "[grey]○[/] ") + Markup.Escape(p.Part)));
        var head = new Rows(table, new Text("Error by week  " + Weeks(state)), new Markup(parts));
        lock (_gate)
            _head = head;
    }

    /// <summary>Draws a last time and gives the terminal back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _drawing;
        _end.Dispose();
    }

    private static string Weeks(StoryState state)
    {
        var weeks = new List<double>();
        for (var day = 0; day < state.Day; day += 7)
        {
            if (DayError.Mean(state.Errors, day, day + 7) is { } error)
                weeks.Add(error);
        }
        var shown = weeks.TakeLast(ShownWeeks).ToList();
        var largest = shown.Count == 0 ? 1 : Math.Max(shown.Max(), 1e-9);
        return string.Concat(shown.Select(w => Bars[Math.Min(Bars.Length - 1, (int)(w / largest * Bars.Length))]));
    }

    private void Add(string markup)
    {
        lock (_gate)
        {
            _lines.Enqueue(markup);
            while (_lines.Count > ShownLines)
                _lines.Dequeue();
        }
    }

    private Rows Draw()
    {
        lock (_gate)
        {
            var title = new Rule(Markup.Escape($"iml4e demo · dashboard {_url}")).LeftJustified();
            List<IRenderable> rows = [title, _head, .. _lines.Select(l => new Markup(l).Overflow(Overflow.Ellipsis))];
            return new Rows(rows);
        }
    }
}
