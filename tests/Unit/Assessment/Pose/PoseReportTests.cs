using System.Globalization;
using System.Text;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Reporting;
using Iml4e.Reporting.Charts;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>What people read of an evaluation.</summary>
public sealed class PoseReportTests
{
    private const string Truth =
        """{"images":[{"id":1,"width":9,"height":9}],"categories":[{"id":1,"name":"cat"},{"id":2,"name":"dog"}],"annotations":[ANNOTATIONS]}""";

    private const string Box = """{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,40,40],"area":1600}""";

    private static readonly DateTimeOffset Created = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [SharedDataFact]
    public async Task Every_figure_of_the_summary_can_be_read_on_the_page()
    {
        var evaluation = Real(CorrectionDistance.Strict);
        var report = PoseReport.Of(evaluation, [new Fact("results", "sha256:00")], Created);
        var html = await ReportHtml.RenderAsync(report);
        Assert.All(
            evaluation.Figures.Summary.Values,
            value => Assert.Contains(value.ToString("0.0000", CultureInfo.InvariantCulture), html, StringComparison.Ordinal));
        var gain = evaluation.Diagnosis!.Independent[0][PoseError.Miss].Gain!.Value;
        Assert.Contains(gain.ToString("0.0000", CultureInfo.InvariantCulture), html, StringComparison.Ordinal);
        Assert.Contains(evaluation.Request.Skeleton.Digest, html, StringComparison.Ordinal);
        Assert.Equal(
            ["results", "skeleton", "skeleton digest", "diagnosis", "distances relative to", "categories", "wrong records", "tool"],
            report.Identity.Select(f => f.Key));
        Assert.Equal("strict distances", report.Identity.Single(f => f.Key == "diagnosis").Value);
        Assert.Equal(
            [
                "Summary", "Precision over recall", "What errors cost", "Errors of keypoints", "Scores", "Found where nothing is", "Overlooked",
                "Crowding and occlusion", "Size", "Distances and angles", "Appendix",
            ],
            report.Sections.Select(s => s.Title));
        var figure = Assert.Single(report.Sections.SelectMany(s => s.Charts).OfType<SkeletonChart>());
        Assert.Equal(evaluation.Request.Skeleton.Keypoints, figure.Points.Select(p => p.Name));
        Assert.All(figure.Points, (p, i) => Assert.Equal(1, figure.Series.Sum(s => s.Values[i]!.Value), 12));
        var pdf = ReportPdf.Render(report);
        Assert.InRange(pdf.Length, 10_000, 5_000_000);
        Assert.Equal(pdf, ReportPdf.Render(PoseReport.Of(Real(CorrectionDistance.Strict), [new Fact("results", "sha256:00")], Created)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Box)]
    public async Task What_is_not_there_is_told(string annotations)
    {
        var evaluation = PoseEvaluation.Of(
            Stream(Truth.Replace("ANNOTATIONS", annotations)), Stream("[]"), new PoseEvaluationRequest { Kind = CocoEvaluationKind.Boxes });
        var report = PoseReport.Of(evaluation, [], Created);
        Assert.Contains("Errors of keypoints, distances and angles are told of poses alone.", report.Sections.SelectMany(s => s.Paragraphs));
        Assert.Contains("n/a", await ReportHtml.RenderAsync(report), StringComparison.Ordinal);
        Assert.NotEmpty(ReportPdf.Render(report));
    }

    private static PoseEvaluation Real(CorrectionDistance distance)
    {
        using var truth = File.OpenRead(SharedData.Path("pose", "coco4-kp", "gt.json"));
        using var results = File.OpenRead(SharedData.Path("pose", "coco4-kp", "dt.json"));
        return PoseEvaluation.Of(truth, results, new PoseEvaluationRequest
        {
            Kind = CocoEvaluationKind.Keypoints, Analysis = distance, Metrics = [PoseMetric.Pck, PoseMetric.Mpjpe],
        });
    }

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));
}
