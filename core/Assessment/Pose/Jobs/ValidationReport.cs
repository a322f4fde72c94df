using System.Globalization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Reporting;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Writes the report of a validation: the evaluation's, with verdict, comparison and worst examples.</summary>
internal static class ValidationReport
{
    private const int MostSkipped = 50;

    /// <summary>The report.</summary>
    public static Report Write(
        PoseEvaluation evaluation, ValidationComparison? comparison, AcceptResult? verdict, IReadOnlyList<Fact> identity, IReadOnlyList<string> skipped,
        IReadOnlyList<ImageRow> examples, DateTimeOffset created)
    {
        var report = PoseReport.Of(evaluation, identity, created);
        var sections = report.Sections.ToList();
        // Before the appendix.
        var end = sections.Count - 1;
        if (examples.Count > 0)
        {
            sections.Insert(end, new ReportSection
            {
                Title = "Worst examples", Images = examples,
                Paragraphs =
                [
                    evaluation.Request.Kind == CocoEvaluationKind.Keypoints
                        ? "Solid: what was found. Dashed: what is there." : "With name and score: what was found. Without: what is there.",
                ],
            });
        }

        if (skipped.Count > 0)
            sections.Insert(sections.Count - 1, new ReportSection { Title = "Images that could not be read", Paragraphs = [.. skipped.Take(MostSkipped)] });
        if (comparison is not null)
            sections.Insert(1, Compare(evaluation, comparison));
        return report with
        {
            Verdict = verdict switch
            {
                null => null,
                { Accepted: true } => new Verdict(Tone.Good, "Accepted", verdict.Explanation),
                _ => new Verdict(Tone.Bad, "Not accepted", verdict.Explanation),
            },
            Sections = sections,
        };
    }

    private static ReportSection Compare(PoseEvaluation evaluation, ValidationComparison comparison)
    {
        var (now, before) = (evaluation.Figures.Summary, comparison.Other.Summary);
        var interval = comparison.Difference;
        return new ReportSection
        {
            Title = $"Beside {comparison.Title}",
            Paragraphs =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"AP differs by {interval.Estimate:+0.0000;-0.0000;0}, with 95 % confidence by {interval.Low:+0.0000;-0.0000;0} ")
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"to {interval.High:+0.0000;-0.0000;0} (bootstrap over images, the same images for both): {comparison.Decision}."),
            ],
            Tables =
            [
                new ReportTable
                {
                    Columns =
                    [
                        new ReportColumn("figure", ColumnAlignment.Left), new ReportColumn("now", ColumnAlignment.Right, "0.0000"),
                        new ReportColumn(comparison.Title, ColumnAlignment.Right, "0.0000"),
                        new ReportColumn("difference", ColumnAlignment.Right, "+0.0000;-0.0000;0"),
                    ],
                    Rows =
                    [
                        .. now.Select(f => (IReadOnlyList<Cell>)
                        [
                            Cell.Of(f.Key), Defined(f.Value), Defined(before[f.Key]),
                            f.Value > CocoEvaluation.Undefined && before[f.Key] > CocoEvaluation.Undefined ? Cell.Of(f.Value - before[f.Key]) : Cell.Of("n/a"),
                        ]),
                    ],
                },
            ],
        };
    }

    private static Cell Defined(double value) => value > CocoEvaluation.Undefined ? Cell.Of(value) : Cell.Of("n/a");
}
