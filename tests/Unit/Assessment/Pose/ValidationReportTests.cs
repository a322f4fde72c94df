using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Jobs;
using Iml4e.Reporting;
using Iml4e.Tests.Unit.Assessment.Adversarial;
using Iml4e.Tests.Unit.Reporting;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>The report of a validation as a page and as a document.</summary>
public sealed partial class ValidationReportTests : IDisposable
{
    private const int Keypoints = 17;
    private readonly PoseValidateJob _poses = new();
    private readonly DetectionValidateJob _boxes = new();
    private readonly MemoryContext _world = new();

    public ValidationReportTests()
    {
        var random = new Random(5);
        _world.AddDataset("people", "application/vnd.coco+json", Truth(random, out var people));
        _world.AddPredictions("people", "net", Predictions(random, people, 6));
        _world.AddPredictions("people", "old", Predictions(random, people, 9));
    }

    public void Dispose()
    {
        _poses.Dispose();
        _boxes.Dispose();
    }

    [PdfToolFact]
    public async Task Page_and_document_of_poses_say_the_same() =>
        await CompareAsync(await RunAsync(_poses, "ap >= 0.2 and inversion_share <= 0.5"), "Accepted", least: 300);

    [PdfToolFact]
    public async Task Page_and_document_of_boxes_say_the_same() => await CompareAsync(await RunAsync(_boxes, "ap >= 0.99"), "Not accepted", least: 30);

    // Every figure that stands in a table of the page stands in the document, as often.
    private static async Task CompareAsync(JobResult result, string verdict, int least)
    {
        var pdf = ReportPdf.Render(result.Report);
        Assert.Contains("No syntax or stream encoding errors found", PdfTools.Run(pdf, "qpdf", "--check", "@"), StringComparison.Ordinal);
        var text = PdfTools.Run(pdf, "pdftotext", "-layout", "@", "-");
        var html = await ReportHtml.RenderAsync(result.Report);
        var page = WebUtility.HtmlDecode(Tag().Replace(html, " "));
        Assert.Contains(verdict, text, StringComparison.Ordinal);
        Assert.Contains(verdict, page, StringComparison.Ordinal);
        Assert.Contains(Squeezed(result.Explanation!), Squeezed(PdfTools.Run(pdf, "pdftotext", "-raw", "@", "-")), StringComparison.Ordinal);
        var shown = Figures(string.Join(' ', Table().Matches(html).Select(m => WebUtility.HtmlDecode(Tag().Replace(m.Value, " ")))));
        var printed = Figures(text);
        Assert.True(shown.Values.Sum() >= least, $"{shown.Values.Sum()} figures");
        Assert.All(shown, figure => Assert.True(printed.GetValueOrDefault(figure.Key) >= figure.Value, $"{figure.Key}: {figure.Value} on the page, {printed.GetValueOrDefault(figure.Key)} in the document"));
        foreach (var value in new[] { "ap", "ap50", "ap_difference" }.Select(name => result.Metrics[name]!.Value))
            Assert.Contains(value.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }

    private async Task<JobResult> RunAsync(JobKind job, string accept)
    {
        var request = job.Normalise(new JsonObject
        {
            ["dataset"] = "people", ["predictions"] = "net", ["compare"] = new JsonObject { ["predictions"] = "old", ["title"] = "champion" }, ["accept"] = accept,
        });
        var parts = new List<JsonElement>();
        foreach (var unit in await job.PlanAsync(request, _world, CancellationToken.None))
            parts.Add(await job.ExecuteAsync(request, unit, _world, CancellationToken.None));
        return await job.AggregateAsync(request, parts, _world, CancellationToken.None);
    }

    // 60 images of one to three people.
    private static byte[] Truth(Random random, out List<(int Image, double[] Points)> people)
    {
        people = [];
        var annotations = new JsonArray();
        for (var image = 0; image < 60; image++)
        {
            for (var person = 0; person <= image % 3; person++)
            {
                var (left, top, height) = (random.Next(300), random.Next(200), 60 + random.Next(200));
                var points = Enumerable.Range(0, 2 * Keypoints).Select(i => i % 2 == 0 ? left + (random.NextDouble() * height / 2) : top + (random.NextDouble() * height)).ToArray();
                annotations.Add(new JsonObject
                {
                    ["id"] = people.Count, ["image_id"] = image, ["category_id"] = 1, ["bbox"] = new JsonArray(left, top, height / 2, height),
                    ["area"] = height * height / 4, ["iscrowd"] = 0, ["keypoints"] = Triples(points, i => i % 7 == 6 ? 0 : 2),
                });
                people.Add((image, points));
            }
        }

        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["images"] = new JsonArray([.. Enumerable.Range(0, 60).Select(i => (JsonNode)new JsonObject { ["id"] = i, ["width"] = 640, ["height"] = 480 })]),
            ["categories"] = new JsonArray(new JsonObject { ["id"] = 1, ["name"] = "person" }), ["annotations"] = annotations,
        }.ToJsonString());
    }

    // Most people are found, some twice, some points are far away or on the other side.
    private static byte[] Predictions(Random random, List<(int Image, double[] Points)> people, double noise)
    {
        var found = new JsonArray();
        foreach (var (image, truth) in people.Where(_ => random.NextDouble() < 0.9))
        {
            for (var copy = 0; copy < (random.NextDouble() < 0.2 ? 2 : 1); copy++)
            {
                var points = truth.Select(v => v + (noise * (random.NextDouble() - 0.5) * (random.NextDouble() < 0.05 ? 20 : 1))).ToArray();
                if (random.NextDouble() < 0.2)
                    (points[18], points[19], points[20], points[21]) = (points[20], points[21], points[18], points[19]);
                var (left, top) = (points.Where((_, i) => i % 2 == 0).Min(), points.Where((_, i) => i % 2 == 1).Min());
                found.Add(new JsonObject
                {
                    ["image_id"] = image, ["category_id"] = 1, ["score"] = random.NextDouble(), ["keypoints"] = Triples(points, _ => 1),
                    ["bbox"] = new JsonArray(left, top, points.Where((_, i) => i % 2 == 0).Max() - left, points.Where((_, i) => i % 2 == 1).Max() - top),
                });
            }
        }

        return Encoding.UTF8.GetBytes(found.ToJsonString());
    }

    private static JsonArray Triples(double[] points, Func<int, int> flag) =>
        [.. Enumerable.Range(0, 3 * Keypoints).Select(i => (JsonNode)(i % 3 == 2 ? flag(i / 3) : points[(2 * (i / 3)) + (i % 3)]))];

    private static Dictionary<string, int> Figures(string text) => Figure().Matches(text).CountBy(m => m.Value).ToDictionary();

    private static string Squeezed(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    [GeneratedRegex(@"(?<![\w.])[-+\u2212]?\d+\.\d{4}(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Figure();

    [GeneratedRegex("<table.*?</table>", RegexOptions.Singleline)]
    private static partial Regex Table();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
