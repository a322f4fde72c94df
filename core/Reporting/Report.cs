namespace Iml4e.Reporting;

/// <summary>What a job, an experiment or a test found, for people: the one model that JSON, HTML and PDF are made from.</summary>
public sealed record Report
{
    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>A line below it; null for none.</summary>
    public string? Subtitle { get; init; }

    /// <summary>What it came to; null when nothing was judged.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>What the report is about, by digests and versions, in order.</summary>
    public IReadOnlyList<Fact> Identity { get; init; } = [];

    /// <summary>The numbers to see first.</summary>
    public IReadOnlyList<KeyFigure> KeyFigures { get; init; } = [];

    /// <summary>The sections.</summary>
    public IReadOnlyList<ReportSection> Sections { get; init; } = [];
}
