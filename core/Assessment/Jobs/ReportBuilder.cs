using Iml4e.Assessment.Acceptance;
using Iml4e.Reporting;
using Iml4e.Reporting.Charts;

namespace Iml4e.Assessment.Jobs;

/// <summary>Puts a job's report together section by section, in the order of the calls.</summary>
internal sealed class ReportBuilder(string title, string subtitle, DateTimeOffset created)
{
    private readonly List<Fact> _identity = [];
    private readonly List<ReportSection> _sections = [];
    private Verdict? _verdict;

    /// <summary>Adds a line to the identity: what was judged, with digest or version.</summary>
    public ReportBuilder Fact(string name, string value)
    {
        _identity.Add(new Fact(name, value));
        return this;
    }

    /// <summary>Sets the verdict; nothing when there is none.</summary>
    public ReportBuilder Verdict(AcceptResult? result)
    {
        if (result is not null)
            _verdict = new Verdict(result.Accepted ? Tone.Good : Tone.Bad, result.Accepted ? "Accepted" : "Not accepted", result.Explanation);
        return this;
    }

    /// <summary>Adds a section with named figures.</summary>
    public ReportBuilder Metrics(string section, IReadOnlyDictionary<string, double?> metrics) =>
        Add(new ReportSection { Title = section, KeyFigures = [.. metrics.Select(m => new KeyFigure(m.Key, m.Value))] });

    /// <summary>Adds a section with a table of texts; all columns but the first are aligned right.</summary>
    public ReportBuilder Table(string section, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows) =>
        Add(new ReportSection
        {
            Title = section,
            Tables =
            [
                new ReportTable
                {
                    Columns = [.. columns.Select((c, i) => new ReportColumn(c, i == 0 ? ColumnAlignment.Left : ColumnAlignment.Right))],
                    Rows = [.. rows.Select(r => (IReadOnlyList<Cell>)[.. r.Select(Cell.Of)])],
                },
            ],
        });

    /// <summary>Adds a section with a paragraph.</summary>
    public ReportBuilder Paragraph(string section, string text) => Add(new ReportSection { Title = section, Paragraphs = [text] });

    /// <summary>Adds a section with horizontal bars; nothing when there are none.</summary>
    public ReportBuilder Bars(string section, string axis, IReadOnlyList<(string Name, double Value)> bars) =>
        bars.Count == 0 ? this : Add(new ReportSection
        {
            Title = section,
            Charts =
            [
                new BarChart
                {
                    Title = section,
                    XTitle = axis,
                    Horizontal = true,
                    Categories = [.. bars.Select(b => b.Name)],
                    Series = [new BarSeries(axis, [.. bars.Select(b => (double?)b.Value)])],
                },
            ],
        });

    /// <summary>Adds a section with points and the line on which both axes are equal.</summary>
    public ReportBuilder Scatter(string section, string xTitle, string yTitle, IReadOnlyList<(double X, double Y)> points) =>
        Add(new ReportSection
        {
            Title = section,
            Charts =
            [
                new ScatterChart
                {
                    Title = section,
                    XTitle = xTitle,
                    YTitle = yTitle,
                    Diagonal = true,
                    Series = [new ScatterSeries(yTitle, [.. points.Select(p => p.X)], [.. points.Select(p => p.Y)])],
                },
            ],
        });

    /// <summary>Adds a section with a confusion matrix: true class by row, predicted class by column.</summary>
    public ReportBuilder Confusion(string section, IReadOnlyList<string> classes, IReadOnlyList<IReadOnlyList<int>> counts) =>
        Add(new ReportSection
        {
            Title = section,
            Charts =
            [
                new HeatMap
                {
                    Title = section,
                    XTitle = "predicted",
                    YTitle = "true",
                    Columns = classes,
                    Rows = classes,
                    Values = [.. counts.Select(r => (IReadOnlyList<double?>)[.. r.Select(c => (double?)c)])],
                },
            ],
        });

    /// <summary>The report.</summary>
    public Report Build() => new()
    {
        Title = title, Subtitle = subtitle, Created = created, Verdict = _verdict, Identity = _identity, Sections = _sections,
    };

    private ReportBuilder Add(ReportSection section)
    {
        _sections.Add(section);
        return this;
    }
}
