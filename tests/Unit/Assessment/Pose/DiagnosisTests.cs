using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Poses with errors that are known because they were put there.</summary>
public sealed class DiagnosisTests
{
    private static readonly SkeletonDefinition Coco = SkeletonDefinition.Coco17;

    [Theory]
    [InlineData(CorrectionDistance.Strict, 7.0695, 0.85)]
    [InlineData(CorrectionDistance.Compat, 3.5347, 0.9602)]
    public void A_corrected_keypoint_lies_as_far_away_as_its_class_allows(CorrectionDistance distance, double radius, double similarity)
    {
        var found = KeypointCorrector.Radius(.85, 10000, .062, distance);
        Assert.Equal(radius, found, 1e-4);
        Assert.Equal(similarity, Math.Exp(-(found * found) / Math.Pow(2 * .062, 2) / 10000 / 2), 1e-4);
    }

    [Fact]
    public void Every_error_is_known_by_its_name()
    {
        var (one, other) = (Person(1, 100), Person(2, 420));
        var points = Points(one);
        // A wrist on the other wrist, an elbow on the other person's, an ankle in the void, a knee a little off; the nose far enough to be jitter.
        Move(points, 9, one, 10);
        Move(points, 7, other, 7);
        (points[2 * 15], points[(2 * 15) + 1]) = (-400, -400);
        points[2 * 13] += 17;
        points[0] += 4;
        var taxonomy = Analyze([one, other], Found(points, .9), Found(Points(other), .8)).Taxonomy;
        Assert.Equal(2, taxonomy.MatchedDetections);
        Assert.Equal(34, taxonomy.LabelledKeypoints);
        Assert.Equal(
            [(KeypointLabel.Good, 29L), (KeypointLabel.Jitter, 2L), (KeypointLabel.Inversion, 1L), (KeypointLabel.Swap, 1L), (KeypointLabel.Miss, 1L)],
            KeypointTaxonomy.Labels.Select(l => (l, taxonomy.Total(l))));
        Assert.Equal(1, taxonomy.PerKeypoint(KeypointLabel.Inversion)[9]);
        Assert.Equal(1, taxonomy.PerKeypoint(KeypointLabel.Swap)[7]);
        Assert.Equal([1, 1], [taxonomy.PerKeypoint(KeypointLabel.Jitter)[0], taxonomy.PerKeypoint(KeypointLabel.Jitter)[13]]);
        Assert.Equal(1, taxonomy.GroupShare(taxonomy.Skeleton.Groups.Single(g => g.Name == "ankle"), KeypointLabel.Miss));
        Assert.Equal(new WorstPose(0, 1, 1, .9, 2), Assert.Single(taxonomy.Worst[KeypointLabel.Jitter]));
        Assert.Null(new KeypointTaxonomy(new PoseSet(Dataset(one), [], Coco), []).Share(KeypointLabel.Good));
    }

    [Fact]
    public void The_typical_pose_faces_the_reader_whichever_way_people_look()
    {
        var front = Person(1, 100);
        var figure = TypicalPose.Of(Dataset(front), Coco);
        // From behind, left and right change sides in the picture; twice as large, elsewhere.
        var behind = front.Keypoints.ToArray();
        for (var i = 0; i < behind.Length; i += 3)
            (behind[i], behind[i + 1]) = (4000 - (2 * behind[i]), 2 * behind[i + 1]);
        var one = front.Keypoints.ToArray();
        (one[3 * 9], one[(3 * 9) + 2]) = (5000, 0);
        var seen = TypicalPose.Of(Dataset(front with { Keypoints = behind, Id = 2 }), Coco);
        for (var i = 0; i < figure.Count; i++)
        {
            Assert.Equal(figure[i]!.Value.X, seen[i]!.Value.X, 5);
            Assert.Equal(figure[i]!.Value.Y, seen[i]!.Value.Y, 5);
        }

        Assert.True(figure[5]!.Value.X > figure[6]!.Value.X && figure[15]!.Value.Y > figure[0]!.Value.Y);
        var without = TypicalPose.Of(Dataset(front with { Keypoints = one }), Coco);
        Assert.Null(without[9]);
        Assert.Equal(16, without.Count(p => p is not null));
        Assert.All(TypicalPose.Of(Dataset(front with { Keypoints = new double[51] }), Coco), Assert.Null);
    }

    [Fact]
    public void A_keypoint_on_its_own_mirror_is_no_inversion_and_what_is_not_labelled_has_no_label()
    {
        var one = Person(1, 100);
        var labelled = one.Keypoints.ToArray();
        (labelled[(3 * 9) + 2], labelled[(3 * 10) + 2]) = (0, 0);
        one = one with { Keypoints = labelled, LabelledKeypoints = 15 };
        var points = Points(one);
        points[1] += 400;
        var taxonomy = Analyze([one], Found(points, .5)).Taxonomy;
        Assert.Equal((15, 1, 0), (taxonomy.LabelledKeypoints, taxonomy.PerKeypoint(KeypointLabel.Miss)[0], taxonomy.Total(KeypointLabel.Inversion)));
        Assert.Equal(0, taxonomy.PerKeypoint(KeypointLabel.Good)[9]);
    }

    /// <summary>The published code has no class for a similarity of exactly 0.85, and an empty file ends it.</summary>
    [Fact]
    public void No_detections_are_a_diagnosis_too()
    {
        var diagnosis = Analyze([Person(1, 100)]);
        Assert.Equal((0, 0), (diagnosis.BaselineAp, diagnosis.Taxonomy.MatchedDetections));
        Assert.Equal((0, 0, 0), (diagnosis.Scoring.ImagesWithDetections, diagnosis.Scoring.Errors, diagnosis.Background.Counts[0].FalsePositives));
        Assert.Equal((1, 1), (diagnosis.Background.Counts[0].FalseNegatives, diagnosis.Background.FalseNegatives.Count));
        Assert.Equal(-1, diagnosis.Independent[0][PoseError.FalseNegative].Figure.Ap);
        Assert.Null(diagnosis.Independent[0][PoseError.FalseNegative].Gain);
        Assert.Equal(-1, Analyze([]).BaselineAp);
    }

    [Fact]
    public void A_surer_but_worse_detection_is_a_scoring_error()
    {
        var one = Person(1, 100);
        var worse = Points(one).Select((v, i) => i % 2 == 0 ? v + 6 : v).ToArray();
        var scoring = Analyze([one], Found(worse, .9), Found(Points(one), .4)).Scoring;
        Assert.Equal((1, 1, 1, 0), (scoring.ImagesWithDetections, scoring.ImagesWithSuboptimalOrder, scoring.Errors, scoring.ErrorsWithOptimalScores));
        var error = Assert.Single(scoring.Worst);
        Assert.Equal((0, 1, .9, .4, 1.0), (error.Surer, error.Better, error.HighScore, error.LowScore, error.HighSimilarity));
        Assert.Equal(Math.Sqrt(.5 * (1 - error.LowSimilarity)), error.Relevance, 1e-12);
        Assert.Equal([0, 0, 1], scoring.ObjectsByDetections);
        Assert.Equal((1, 1), (scoring.Original.Best[0], scoring.Original.Others[^1]));
        Assert.Equal((1, 1), (scoring.Optimal.Best[^1], scoring.Optimal.Others[0]));
    }

    [Fact]
    public void What_lies_in_the_background_is_told_by_size_and_company()
    {
        var (seen, overlooked) = (Person(1, 100), Person(2, 420));
        var away = Points(seen).Select(v => v + 3000).ToArray();
        var background = Analyze([seen, overlooked], Found(Points(seen), .2), Found(away, .9)).Background;
        Assert.All(background.Counts, c => Assert.Equal((1, 1, 1), (c.FalsePositives, c.FalseNegatives, c.FalseNegativesCounted)));
        Assert.Equal((1, 1), (background.FalsePositives.Count, background.FalsePositives.Considered));
        Assert.Equal([0, 0, 1, 0, 0], background.FalsePositives.People);
        Assert.Equal([0, 0, 0, 0, 1], background.FalsePositives.ByScore);
        // 160 wide and 160 high: from 128 to 256 pixels; half of it is from 96² to 128².
        Assert.Equal(1, background.FalsePositives.BoxSizes[7][7]);
        Assert.Equal([0, 0, 0, 1, 0], background.FalsePositives.Sizes);
        Assert.Equal(1, background.FalseNegatives.ByKeypoints![17]);
        // From 420 to 580 of 640 and from 100 to 260 of 480: parts 84 to 116 by 26 to 69.
        Assert.Equal(33 * 44, background.FalseNegatives.Positions!.Sum(row => row.Sum()));
    }

    [Fact]
    public void Crowded_people_are_counted_by_overlaps_and_keypoints()
    {
        CocoAnnotation[] truth = [.. Enumerable.Range(0, 12).Select(i => Person(i + 1, 100 + i)), Person(20, 900)];
        var crowding = Analyze(truth).Crowding!;
        Assert.Equal((11, 12), (crowding.MostOverlaps, crowding.Beyond));
        Assert.Equal([(3, 1), (11, 12)], crowding.Cells.Index().Where(c => c.Item.Instances > 0).Select(c => (c.Index, c.Item.Instances)));
        Assert.Equal(("0", "16-17", true), (crowding.Cells[3].Overlaps, crowding.Cells[3].Keypoints, crowding.Cells[3].IsFew));
        Assert.Equal([4, 7, 11, 14], SensitivityAnalysis.Ends(14));
        Assert.Equal([1, 1, 1, 1], SensitivityAnalysis.Ends(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(14)]
    [InlineData(17)]
    [InlineData(37)]
    [InlineData(133)]
    public void Any_number_of_keypoints_is_diagnosed(int count)
    {
        var skeleton = new SkeletonDefinition(
            "any", [.. Enumerable.Range(0, count).Select(i => $"p{i}")], [.. Enumerable.Repeat(.08, count)],
            [.. Enumerable.Range(0, count / 2).Select(i => (2 * i, (2 * i) + 1))]);
        var truth = Person(1, 100) with
        {
            Keypoints = Enumerable.Range(0, count).SelectMany(i => new double[] { 100 + (10 * (i % 16)), 100 + (16 * (i / 16)), 2 }).ToArray(),
            LabelledKeypoints = count,
        };
        var diagnosis = PoseErrorAnalyzer.Analyze(Dataset(truth), [Found(Points(truth), .5)], new PoseDiagnosisOptions { Skeleton = skeleton });
        Assert.Equal((count, 1.0), (diagnosis.Taxonomy.Total(KeypointLabel.Good), Math.Round(diagnosis.BaselineAp, 12)));
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        var one = Person(1, 100);
        Assert.Throws<ArgumentException>(() => Analyze([one], Found([1, 2], .5)));
        Assert.Throws<ArgumentException>(() => Analyze([one], Found(Points(one), .5) with { ImageId = 9 }));
        Assert.Throws<ArgumentException>(() => PoseErrorAnalyzer.Analyze(
            Dataset(one), [], new PoseDiagnosisOptions { Order = [PoseError.Miss, PoseError.Miss, PoseError.Swap, PoseError.Jitter] }));
    }

    /// <summary>A tenth of the wrists on the other wrist: so many are found, and making them good restores what the model without them has.</summary>
    [Fact]
    public void Injected_inversions_are_found_and_made_good()
    {
        var random = new Random(7);
        CocoAnnotation[] truth = [.. Enumerable.Range(0, 400).Select(i => Person(i + 1, 100) with { ImageId = i + 1 })];
        List<CocoDetection> clean = [], wrong = [];
        var injected = 0;
        foreach (var one in truth)
        {
            var score = random.NextDouble();
            var points = Points(one).Select(v => v + (random.NextDouble() - .5)).ToArray();
            clean.Add(Found([.. points], score) with { ImageId = one.ImageId });
            foreach (var wrist in (int[])[9, 10])
            {
                if (random.NextDouble() >= .1)
                    continue;
                Move(points, wrist, one, wrist == 9 ? 10 : 9);
                injected++;
            }

            wrong.Add(Found(points, score) with { ImageId = one.ImageId });
        }

        var set = new CocoDataset(truth.Select(t => new CocoImage(t.ImageId, 640, 480, null)), [new CocoCategory(1, "person")], truth);
        var options = new PoseDiagnosisOptions { Sensitivity = false };
        var (before, after) = (PoseErrorAnalyzer.Analyze(set, clean, options), PoseErrorAnalyzer.Analyze(set, wrong, options));
        Assert.Equal(injected / 6800.0, after.Taxonomy.Share(KeypointLabel.Inversion)!.Value, .005);
        Assert.True(after.BaselineAp < before.BaselineAp - .01);
        Assert.Equal(before.BaselineAp, after.Independent[0][PoseError.Inversion].Figure.Ap, .01);
    }

    private static PoseDiagnosis Analyze(CocoAnnotation[] truth, params CocoDetection[] found) =>
        PoseErrorAnalyzer.Analyze(Dataset(truth), found, new PoseDiagnosisOptions());

    private static CocoDataset Dataset(params CocoAnnotation[] truth) => new([new CocoImage(1, 640, 480, null)], [new CocoCategory(1, "person")], truth);

    private static void Move(double[] points, int point, CocoAnnotation to, int there) =>
        to.Keypoints.Span.Slice(3 * there, 2).CopyTo(points.AsSpan(2 * point));

    private static double[] Points(CocoAnnotation annotation) => [.. annotation.Keypoints.ToArray().Where((_, i) => i % 3 != 2)];

    // 160 by 160 pixels; keypoints are 40 pixels or more from one another.
    private static CocoAnnotation Person(long id, double left) => new()
    {
        Id = id, ImageId = 1, CategoryId = 1, Box = new BoundingBox(left, 100, 160, 160), Area = 10000, LabelledKeypoints = 17,
        Keypoints = Enumerable.Range(0, 17).SelectMany(i => new[] { left + (40 * (i % 5)), 100 + (160 / 3.0 * (i / 5)), 2 }).ToArray(),
    };

    private static CocoDetection Found(double[] points, double score)
    {
        var (xs, ys) = (points.Where((_, i) => i % 2 == 0), points.Where((_, i) => i % 2 == 1));
        var box = BoundingBox.FromCorners(xs.Min(), ys.Min(), xs.Max(), ys.Max());
        return new CocoDetection { ImageId = 1, CategoryId = 1, Score = score, Box = box, Area = box.Area, Keypoints = points };
    }
}
