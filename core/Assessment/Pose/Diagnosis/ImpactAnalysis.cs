using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What each kind of error costs: average precision with errors of one kind made good, alone or one kind after the other.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="matcher">The range of areas and what does not count.</param>
/// <param name="thresholds">Similarities that a detection is a hit from.</param>
/// <param name="corrector">Makes keypoint errors good.</param>
internal sealed class ImpactAnalysis(PoseSet set, PoseMatcher matcher, IReadOnlyList<double> thresholds, KeypointCorrector corrector)
{
    private readonly PrecisionReader reader = new(set, thresholds);
    private readonly OptimalScores optimal = new(set);

    /// <summary>What is wrong with the keypoints as this range matches them.</summary>
    public LabelledPose[] Labels() => new KeypointLabeller(set).Label(set.Original, matcher);

    /// <summary>Each kind of error made good alone; that of overlooked objects on top of that of false positives.</summary>
    /// <param name="area">Name of the range.</param>
    /// <param name="labelled">What is wrong with the keypoints.</param>
    public ImpactTable Independent(string area, IReadOnlyList<LabelledPose> labelled)
    {
        var matches = matcher.Match(set.Original, thresholds);
        var baseline = reader.AsItIs(set.Original, matcher.Range, matches);
        var steps = new List<ImpactStep>();
        foreach (var error in PoseDiagnosisOptions.KeypointErrors)
            Add(error, AsItIs(corrector.Correct(set.Original, labelled, LabelOf(error))), baseline);
        Add(PoseError.Score, AsItIs(Rescored(set.Original)), baseline);
        var without = reader.WithoutFalsePositives(set.Original, matcher.Range, matches);
        Add(PoseError.BackgroundFalsePositive, without, baseline);
        Add(PoseError.FalseNegative, reader.WithoutFalseNegatives(set.Original, matcher.Range, matches), without);
        return new ImpactTable(area, baseline, steps);

        void Add(PoseError error, ImpactFigure figure, ImpactFigure before) => steps.Add(new ImpactStep(error, figure, Gain(before, figure)));
    }

    /// <summary>One kind of error made good after the other.</summary>
    /// <param name="area">Name of the range.</param>
    /// <param name="labelled">What is wrong with the keypoints.</param>
    /// <param name="order">The order of the keypoint errors; scores, false positives and overlooked objects come behind them.</param>
    public ImpactTable Progressive(string area, IReadOnlyList<LabelledPose> labelled, IReadOnlyList<PoseError> order)
    {
        var baseline = AsItIs(set.Original);
        var steps = new List<ImpactStep>();
        var (poses, before) = (set.Original, baseline);
        for (var i = 0; i < order.Count; i++)
        {
            poses = corrector.Correct(set.Original, labelled, [.. order.Take(i + 1).Select(LabelOf)]);
            Add(order[i], AsItIs(poses));
        }

        poses = Rescored(poses);
        var matches = matcher.Match(poses, thresholds);
        Add(PoseError.Score, reader.AsItIs(poses, matcher.Range, matches));
        Add(PoseError.BackgroundFalsePositive, reader.WithoutFalsePositives(poses, matcher.Range, matches));
        Add(PoseError.FalseNegative, reader.WithoutFalseNegatives(poses, matcher.Range, matches));
        return new ImpactTable(area, baseline, steps);

        void Add(PoseError error, ImpactFigure figure)
        {
            steps.Add(new ImpactStep(error, figure, Gain(before, figure)));
            before = figure;
        }
    }

    private static double? Gain(ImpactFigure before, ImpactFigure after) =>
        before.Ap > CocoEvaluation.Undefined && after.Ap > CocoEvaluation.Undefined ? after.Ap - before.Ap : null;

    private static KeypointLabel LabelOf(PoseError error) => error switch
    {
        PoseError.Miss => KeypointLabel.Miss,
        PoseError.Swap => KeypointLabel.Swap,
        PoseError.Inversion => KeypointLabel.Inversion,
        _ => KeypointLabel.Jitter,
    };

    private ImpactFigure AsItIs(Poses poses) => reader.AsItIs(poses, matcher.Range, matcher.Match(poses, thresholds));

    private Poses Rescored(Poses poses) => poses with { Scores = optimal.Of(poses, matcher).Scores };
}
