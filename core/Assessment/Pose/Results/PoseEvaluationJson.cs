using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Results;

/// <summary>Writes an evaluation as one JSON object; numbers have 17 significant digits, what is undefined is -1 where COCO has it so and else null.</summary>
public sealed class PoseEvaluationJson
{
    private readonly Utf8JsonWriter writer;

    private PoseEvaluationJson(Utf8JsonWriter writer) => this.writer = writer;

    /// <summary>Writes.</summary>
    /// <param name="stream">Where to; UTF-8.</param>
    /// <param name="evaluation">The evaluation.</param>
    public static void Write(Stream stream, PoseEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        using var writer = new Utf8JsonWriter(stream);
        new PoseEvaluationJson(writer).Write(evaluation);
    }

    private void Write(PoseEvaluation evaluation)
    {
        var (figures, keypoints) = (evaluation.Figures, evaluation.Request.Kind == CocoEvaluationKind.Keypoints);
        writer.WriteStartObject();
        writer.WriteString("type", keypoints ? "keypoints" : "bbox");
        Object("stats", figures.Summary, pair => Number(pair.Key, pair.Value));
        Array("apPerThreshold", figures.Options.Thresholds.Select(t => (double?)figures.AveragePrecision(threshold: t)));
        Array("arPerThreshold", figures.Options.Thresholds.Select(t => (double?)figures.AverageRecall(threshold: t)));
        Object("apPerCategory", figures.Categories, c => Number(Id(c.Id), figures.AveragePrecision(category: c.Id)));
        Object("ap50PerCategory", figures.Categories, c => Number(Id(c.Id), figures.AveragePrecision(threshold: .5, category: c.Id)));
        writer.WriteStartObject("counts");
        writer.WriteNumber("images", figures.Counts.Images);
        writer.WriteNumber("annotations", figures.Counts.Annotations);
        writer.WriteNumber("ignored", figures.Counts.Ignored);
        writer.WriteNumber("crowd", figures.Counts.Crowds);
        writer.WriteNumber("detections", figures.Counts.Detections);
        writer.WriteNumber("detectionsCut", figures.Counts.DetectionsCut);
        Number("meanSimilarity", figures.Counts.MeanSimilarity);
        writer.WriteEndObject();
        if (keypoints)
        {
            writer.WriteString("detectionArea", evaluation.HasBoxes ? "bbox" : "keypoints");
            Skeleton(evaluation.Request.Skeleton);
        }

        Texts("warnings", evaluation.Warnings);
        Texts("skipped", evaluation.Skipped.Select(s => s.ToString()));
        if (evaluation.Diagnosis is { } diagnosis)
            Diagnosis(diagnosis);
        if (evaluation.Accuracy is { } accuracy)
            Accuracy(accuracy, evaluation.Request.Metrics);
        writer.WriteEndObject();
    }

    private void Skeleton(SkeletonDefinition skeleton)
    {
        writer.WriteStartObject("skeleton");
        writer.WriteString("name", skeleton.Name);
        writer.WriteString("digest", skeleton.Digest);
        Array("sigmas", skeleton.Sigmas.Select(s => (double?)s));
        writer.WriteBoolean("uniformSigma", skeleton.HasUniformSigma);
        writer.WriteEndObject();
    }

    private void Diagnosis(PoseDiagnosis diagnosis)
    {
        writer.WriteStartObject("analysis");
        writer.WriteString("mode", Name(diagnosis.Options.Distance));
        Number("baselineAp", diagnosis.BaselineAp);
        Array("thresholds", PoseDiagnosisOptions.Thresholds.Select(t => (double?)t));
        Taxonomy(diagnosis.Taxonomy);
        Object("independent", diagnosis.Independent, table => Table(table.Area, table));
        Object("progressive", diagnosis.Progressive, table => Table(table.Area, table));
        Background(diagnosis.Background);
        Scoring(diagnosis.Scoring);
        if (diagnosis is { Crowding: { } crowding, Size: { } size })
            Sensitivity(crowding, size);
        writer.WriteEndObject();
    }

    private void Taxonomy(KeypointTaxonomy taxonomy)
    {
        writer.WriteStartObject("taxonomy");
        writer.WriteNumber("matchedDetections", taxonomy.MatchedDetections);
        writer.WriteNumber("labelledKeypoints", taxonomy.LabelledKeypoints);
        Object("total", KeypointTaxonomy.Labels, label => writer.WriteNumber(Name(label), taxonomy.Total(label)));
        Object("share", KeypointTaxonomy.Labels, label => Number(Name(label), taxonomy.Share(label)));
        Object("perKeypoint", KeypointTaxonomy.Labels, label => Array(Name(label), taxonomy.PerKeypoint(label).Select(n => (double?)n)));
        Object("perGroup", taxonomy.Skeleton.Groups, group => Object(group.Name, KeypointTaxonomy.Labels, label =>
            writer.WriteNumber(Name(label), taxonomy.OfGroup(group, label))));
        Object("groupShare", KeypointTaxonomy.Labels, label => Object(Name(label), taxonomy.Skeleton.Groups, group =>
            Number(group.Name, taxonomy.GroupShare(group, label))));
        Object("worst", taxonomy.Worst, pair => List(Name(pair.Key), pair.Value, worst =>
        {
            writer.WriteNumber("detection", worst.Detection);
            writer.WriteNumber("imageId", worst.ImageId);
            writer.WriteNumber("annotationId", worst.AnnotationId);
            Number("score", worst.Score);
            writer.WriteNumber("errors", worst.Errors);
        }));
        writer.WriteEndObject();
    }

    private void Table(string name, ImpactTable table)
    {
        writer.WriteStartObject(name);
        Figure("baseline", table.Baseline, null);
        foreach (var step in table.Steps)
            Figure(Name(step.Error), step.Figure, step);
        writer.WriteEndObject();
    }

    private void Figure(string name, ImpactFigure figure, ImpactStep? step)
    {
        writer.WriteStartObject(name);
        Number("ap", figure.Ap);
        Array("perThreshold", figure.PerThreshold.Select(v => (double?)v));
        if (step is not null)
            Number("gain", step.Gain);
        writer.WriteEndObject();
    }

    private void Background(BackgroundDiagnosis background)
    {
        writer.WriteStartObject("background");
        List("counts", background.Counts, count =>
        {
            Number("threshold", count.Threshold);
            writer.WriteNumber("falsePositives", count.FalsePositives);
            writer.WriteNumber("falseNegatives", count.FalseNegatives);
            writer.WriteNumber("falseNegativesCounted", count.FalseNegativesCounted);
        });
        Breakdown("falsePositives", background.FalsePositives);
        Breakdown("falseNegatives", background.FalseNegatives);
        writer.WriteEndObject();
    }

    private void Breakdown(string name, BackgroundBreakdown breakdown)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count", breakdown.Count);
        writer.WriteNumber("considered", breakdown.Considered);
        Rows("boxSizes", breakdown.BoxSizes);
        Array("sizes", breakdown.Sizes.Select(n => (double?)n));
        Array("people", breakdown.People.Select(n => (double?)n));
        if (breakdown.ScorePercentiles is { } percentiles)
            Array("scorePercentiles", percentiles.Select(p => (double?)p));
        if (breakdown.ByScore is { } byScore)
            Array("byScore", byScore.Select(n => (double?)n));
        if (breakdown.ByKeypoints is { } byKeypoints)
            Array("byKeypoints", byKeypoints.Select(n => (double?)n));
        if (breakdown.Positions is { } positions)
            Rows("positions", positions);
        writer.WriteEndObject();
    }

    private void Scoring(ScoringDiagnosis scoring)
    {
        writer.WriteStartObject("scoring");
        writer.WriteNumber("imagesWithDetections", scoring.ImagesWithDetections);
        writer.WriteNumber("imagesWithSuboptimalOrder", scoring.ImagesWithSuboptimalOrder);
        writer.WriteNumber("errors", scoring.Errors);
        writer.WriteNumber("errorsWithOptimalScores", scoring.ErrorsWithOptimalScores);
        List("worst", scoring.Worst, error =>
        {
            writer.WriteNumber("imageId", error.ImageId);
            writer.WriteNumber("annotationId", error.AnnotationId);
            writer.WriteNumber("surer", error.Surer);
            writer.WriteNumber("better", error.Better);
            Number("highScore", error.HighScore);
            Number("lowScore", error.LowScore);
            Number("lowSimilarity", error.LowSimilarity);
            Number("highSimilarity", error.HighSimilarity);
            Number("relevance", error.Relevance);
        });
        Array("objectsByDetections", scoring.ObjectsByDetections.Select(n => (double?)n));
        Object("histograms", [("original", scoring.Original), ("optimal", scoring.Optimal)], histogram =>
        {
            writer.WriteStartObject(histogram.Item1);
            Array("edges", histogram.Item2.Edges.Select(e => (double?)e));
            Array("best", histogram.Item2.Best.Select(n => (double?)n));
            Array("others", histogram.Item2.Others.Select(n => (double?)n));
            writer.WriteEndObject();
        });
        writer.WriteEndObject();
    }

    private void Sensitivity(CrowdingSensitivity crowding, SizeSensitivity size)
    {
        writer.WriteStartObject("sensitivity");
        Number("threshold", PoseDiagnosisOptions.SensitivityThreshold);
        writer.WriteStartObject("crowding");
        writer.WriteNumber("mostOverlaps", crowding.MostOverlaps);
        writer.WriteNumber("beyond", crowding.Beyond);
        List("cells", crowding.Cells, cell =>
        {
            writer.WriteString("overlaps", cell.Overlaps);
            writer.WriteString("keypoints", cell.Keypoints);
            writer.WriteNumber("instances", cell.Instances);
            writer.WriteBoolean("few", cell.IsFew);
            Object("labels", KeypointTaxonomy.Labels, label => writer.WriteNumber(Name(label), cell.Labels[label]));
            Table("impact", cell.Impact);
        });
        writer.WriteEndObject();
        writer.WriteStartObject("size");
        List("ranges", size.Ranges.Zip(size.Instances), range =>
        {
            writer.WriteString("area", range.First.Area);
            writer.WriteNumber("instances", range.Second);
            Table("impact", range.First);
        });
        Number("apSensitivity", size.Precision);
        Object("errors", size.Errors, error =>
        {
            writer.WriteStartObject(Name(error.Key));
            Number("sensitivity", error.Value.Sensitivity);
            Number("impact", error.Value.Impact);
            writer.WriteEndObject();
        });
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void Accuracy(KeypointAccuracy accuracy, IReadOnlyCollection<PoseMetric> wanted)
    {
        writer.WriteStartObject("metrics");
        writer.WriteNumber("matched", accuracy.Matched);
        writer.WriteNumber("overlooked", accuracy.Overlooked);
        if (wanted.Contains(PoseMetric.Pck))
        {
            writer.WriteString("norm", Name(accuracy.Options.Norm));
            writer.WriteNumber("withoutNorm", accuracy.WithoutNorm);
            Object("pck", Variants(accuracy), variant =>
            {
                writer.WriteStartObject(variant.Name);
                List("thresholds", variant.Share.Pck, Pck);
                Number("auc", variant.Share.AreaUnderCurve);
                writer.WriteEndObject();
            });
            Number("epe", accuracy.EndPointError);
            Number("nme", accuracy.NormalisedMeanError);
        }

        if (wanted.Contains(PoseMetric.Pckh))
        {
            Object("pckh", Variants(accuracy), variant =>
            {
                if (variant.Share.Pckh is not { } pckh)
                {
                    writer.WriteNull(variant.Name);
                    return;
                }

                writer.WriteStartObject(variant.Name);
                Pck(pckh);
                Number("pckhWeighted", variant.Share.PckhWeighted);
                writer.WriteEndObject();
            });
        }

        if (wanted.Contains(PoseMetric.Mpjpe))
        {
            Number("mpjpe", accuracy.Mpjpe);
            Number("nMpjpe", accuracy.MpjpeScaled);
            Number("paMpjpe", accuracy.MpjpeAligned);
        }

        if (wanted.Contains(PoseMetric.Angles))
        {
            Object("angles", accuracy.Angles, angle =>
            {
                writer.WriteStartObject(angle.Name);
                writer.WriteNumber("poses", angle.Poses);
                Number("mae", angle.Mean);
                Number("p95", angle.Percentile95);
                writer.WriteEndObject();
            });
        }

        writer.WriteEndObject();
    }

    private static (string Name, CorrectShare Share)[] Variants(KeypointAccuracy accuracy) => [("matched", accuracy.OfMatched), ("allGt", accuracy.OfAll)];

    private void Pck(CorrectKeypoints pck)
    {
        Number("threshold", pck.Threshold);
        Number("mean", pck.Mean);
        Array("perKeypoint", pck.PerKeypoint);
        Array("valid", pck.Valid.Select(n => (double?)n));
    }

    private void Object<T>(string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartObject(name);
        foreach (var item in items)
            write(item);
        writer.WriteEndObject();
    }

    private void List<T>(string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void Array(string name, IEnumerable<double?> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            Value(value);
        writer.WriteEndArray();
    }

    private void Rows(string name, IReadOnlyList<IReadOnlyList<int>> rows)
    {
        writer.WriteStartArray(name);
        foreach (var row in rows)
        {
            writer.WriteStartArray();
            foreach (var value in row)
                writer.WriteNumberValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private void Texts(string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private void Number(string name, double? value)
    {
        writer.WritePropertyName(name);
        Value(value);
    }

    private void Value(double? value)
    {
        if (value is { } number)
            writer.WriteRawValue(number.ToString("G17", CultureInfo.InvariantCulture));
        else
            writer.WriteNullValue();
    }

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
