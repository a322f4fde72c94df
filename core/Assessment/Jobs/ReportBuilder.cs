using System.Globalization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Reporting;
using Iml4e.Reporting.Charts;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Jobs;

/// <summary>Puts a job's report together section by section, in the order of the calls.</summary>
public sealed class ReportBuilder(string title, string subtitle, DateTimeOffset created)
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

    /// <summary>Adds a section with a table of texts; columns of figures are aligned right, and a column without any content is left out.</summary>
    public ReportBuilder Table(string section, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] kept = [.. Enumerable.Range(0, columns.Count).Where(c => c == 0 || rows.Count == 0 || rows.Any(r => r[c].Length > 0))];
        return Add(new ReportSection
        {
            Title = section,
            Tables =
            [
                new ReportTable
                {
                    Columns = [.. kept.Select(c => new ReportColumn(columns[c], c > 0 && rows.All(r => IsFigure(r[c])) ? ColumnAlignment.Right
                        : ColumnAlignment.Left))],
                    Rows = [.. rows.Select(r => (IReadOnlyList<Cell>)[.. kept.Select(c => Cell.Of(r[c]))])],
                },
            ],
        });
    }

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

    /// <summary>Adds a section with lines over numbers; nothing when there are none.</summary>
    public ReportBuilder Line(string section, string xTitle, string yTitle, IReadOnlyList<(double X, double Y)> points) =>
        points.Count == 0 ? this : Add(new ReportSection
        {
            Title = section,
            Charts =
            [
                new LineChart
                {
                    Title = section, XTitle = xTitle, YTitle = yTitle, FromZero = true,
                    Series = [new LineSeries { Name = yTitle, X = [.. points.Select(p => p.X)], Y = [.. points.Select(p => (double?)p.Y)], Markers = true }],
                },
            ],
        });

    /// <summary>Adds a section with a matrix in colours.</summary>
    public ReportBuilder Matrix(string section, string rowTitle, string columnTitle, IReadOnlyList<string> rows, IReadOnlyList<string> columns,
        IReadOnlyList<IReadOnlyList<double?>> values) =>
        Add(new ReportSection { Title = section, Charts = [new HeatMap { Title = section, XTitle = columnTitle, YTitle = rowTitle, Rows = rows,
            Columns = columns, Values = values }] });

    /// <summary>Adds a section with pictures; nothing when there are none.</summary>
    public ReportBuilder Pictures(string section, string text, IReadOnlyList<ImageRow> images) =>
        images.Count == 0 ? this : Add(new ReportSection { Title = section, Paragraphs = [text], Images = images });

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

    private static bool IsFigure(string text) =>
        text.Length == 0 || double.TryParse(text.AsSpan().TrimEnd(" %"), NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);

    private ReportBuilder Add(ReportSection section)
    {
        _sections.Add(section);
        return this;
    }
}
