using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>A detector with what is there in the images of a batch. Attacks that need classes of whole images are refused.</summary>
public sealed class DetectorSubject : IAttackSubject
{
    private const double Sure = 0.25;
    private readonly DetectorLoss _loss;
    private readonly DetectorAssignment[] _assignments;
    private readonly IReadOnlyList<DetectedObject>[] _clean;

    /// <summary>Assigns what is there to the candidates of the clean images.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="images">The clean images one after another.</param>
    /// <param name="truth">What is there in each; null = what the detector is sure of in the clean image.</param>
    /// <param name="loss">What the attack is after.</param>
    /// <param name="weights">Weights of the parts of the loss.</param>
    /// <param name="ct">Ends the work.</param>
    public DetectorSubject(
        Detector detector, ReadOnlySpan<float> images, IReadOnlyList<IReadOnlyList<TrueObject>>? truth, DetectorLoss loss, DetectorWeights weights,
            CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(detector);
        (Detector, _loss) = (detector, loss);
        var count = images.Length / detector.Shape.Size;
        var (assignments, clean) = (new DetectorAssignment[count], new IReadOnlyList<DetectedObject>[count]);
        using var run = new DetectorRun(detector, null);
        run.Forward(images, (row, candidates) =>
        {
            clean[row] = candidates.Select(new DetectionLimits { Confidence = Sure });
            assignments[row] = Assign(candidates, clean[row], truth?[row], loss, weights);
        }, ct);
        (_assignments, _clean) = (assignments, clean);
    }

    /// <inheritdoc/>
    public GradientCounters Counters { get; } = new();

    /// <summary>The detector.</summary>
    internal Detector Detector { get; }

    /// <summary>What the detector is sure of in each clean image.</summary>
    public IReadOnlyList<IReadOnlyList<DetectedObject>> Clean => _clean;

    /// <summary>Whether the loss is to be lowered instead of raised.</summary>
    internal bool Lowers => _loss is DetectorLoss.TogMislabelMl or DetectorLoss.TogMislabelLl or DetectorLoss.TogVanishing;

    /// <summary>The graph of the loss.</summary>
    internal DetectorLossKind Graph => _loss == DetectorLoss.Overload ? DetectorLossKind.Overload : DetectorLossKind.Assigned;

    /// <inheritdoc/>
    public IGradientObjective Raise(AttackLoss loss = AttackLoss.Default, float confidence = 0) =>
        loss is AttackLoss.Default or AttackLoss.CrossEntropy ? new DetectorGradient(this) : throw Unsupported("losses of classifiers (dlr, margin; C&W)");

    /// <inheritdoc/>
    public IQueryObjective Lower(QueryScore score) => score == QueryScore.Decision
        ? throw Unsupported("attacks by decisions alone (hopskipjump, boundary)")
        : new DetectorQuery(this, _clean.Length);

    /// <inheritdoc/>
    public IClassJacobian Jacobian() => throw Unsupported("DeepFool");

    /// <inheritdoc/>
    public int[][] RankOtherClasses(AttackBatch batch, CancellationToken ct) => throw Unsupported("attacks on classes of whole images");

    /// <inheritdoc/>
    public IAttackSubject Towards(IReadOnlyList<int> targets) => throw Unsupported("target classes of whole images");

    /// <inheritdoc/>
    public int Label(int sample) => throw Unsupported("classes of whole images");

    /// <summary>What is assigned to a sample's candidates.</summary>
    internal DetectorAssignment Assignment(int sample) => _assignments[sample];

    private static DetectorAssignment Assign(
        CandidateRow candidates, IReadOnlyList<DetectedObject> clean, IReadOnlyList<TrueObject>? truth, DetectorLoss loss, DetectorWeights weights)
    {
        IReadOnlyList<TrueObject> found = [.. clean.Select(d => new TrueObject(d.Box, d.Class))];
        return loss switch
        {
            DetectorLoss.TogVanishing or DetectorLoss.TogFabrication => DetectorAssignment.Nothing(candidates.Count, 1),
            DetectorLoss.TogUntargeted => DetectorAssignment.Of(candidates, found, weights),
            DetectorLoss.TogMislabelMl => DetectorAssignment.Of(candidates, Relabel(candidates, found, rank: 1), weights),
            DetectorLoss.TogMislabelLl => DetectorAssignment.Of(candidates, Relabel(candidates, found, rank: -1), weights),
            DetectorLoss.Overload => new DetectorAssignment(0),
            _ => DetectorAssignment.Of(candidates, truth is null ? found : [.. truth.Where(t => !t.Crowd)], weights),
        };
    }

    // By the classes of the candidate that the object came from: the one that overlaps it most.
    private static List<TrueObject> Relabel(CandidateRow candidates, IReadOnlyList<TrueObject> found, int rank)
    {
        var result = new List<TrueObject>(found.Count);
        foreach (var each in found)
        {
            var (source, overlap) = (0, -1.0);
            for (var p = 0; p < candidates.Count; p++)
            {
                var o = candidates.Box(p).Overlap(each.Box);
                if (o > overlap)
                    (source, overlap) = (p, o);
            }

            var order = candidates.RankClasses(source);
            result.Add(each with { Class = rank < 0 ? order[^1] : order[Math.Min(rank, order.Length - 1)] });
        }

        return result;
    }

    private static AttackUnsupportedException Unsupported(string what) =>
        new($"detectors know no {what}; use pgd, bim, mi_fgsm, apgd (ce), square, simba, nes, dpatch or robust_dpatch");
}
