using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>A classifier or a detector of a job.</summary>
internal sealed class AttackedModel : IDisposable
{
    private readonly Lazy<bool> _quantised;

    private AttackedModel(Classifier? classifier, Detector? detector, ModelReference reference, byte[] onnx)
    {
        (Classifier, Detector, Reference) = (classifier, detector, reference);
        _quantised = new Lazy<bool>(() => GraphSurgery.Parse(onnx).Graph.Node.Any(n => n.OpType == "QuantizeLinear"));
    }

    internal Classifier? Classifier { get; }

    internal Detector? Detector { get; }

    internal ModelReference Reference { get; }

    /// <summary>Whether values are rounded on the way, so that gradients have to pass over that.</summary>
    internal bool IsQuantised => _quantised.Value;

    internal ImageShape Shape => Classifier?.Shape ?? Detector!.Shape;

    /// <summary>Loads a model.</summary>
    internal static AttackedModel Load(byte[] onnx, ModelReference reference, bool detection, int rows, int threads) => detection
        ? new AttackedModel(null, Detector.Load(onnx, new DetectorOptions
        {
            Family = reference.Family, Decoder = reference.Decoder, Input = reference.Input, Classes = reference.Classes?.Count,
            Preprocessing = reference.Preprocess, Rows = rows,
            Threads = threads,
        }), reference, onnx)
        : new AttackedModel(Classifier.Load(onnx, new ClassifierOptions
        {
            Input = reference.Input, Output = reference.Output, Preprocessing = reference.Preprocess, Rows = rows, Threads = threads,
        }), null, reference, onnx);

    /// <summary>What attacks are run against.</summary>
    internal IAttackSubject Subject(
        AttackSettings attack, AttackBatch batch, IReadOnlyList<int>? labels, IReadOnlyList<int>? targets, IReadOnlyList<IReadOnlyList<TrueObject>>? truth,
            CancellationToken ct) =>
        Classifier is not null
            ? new ClassifierSubject(Classifier, labels!, targets)
            : new DetectorSubject(Detector!, batch.Clean, truth, AttackCatalog.LossOf(attack), DetectorWeights.For(Reference.Family), ct);

    /// <summary>Writes the gradient graph of an attack, to find out whether that can be done.</summary>
    /// <exception cref="AttackUnsupportedException">It cannot; says why and what to do.</exception>
    internal void CheckGradient(AttackSettings attack)
    {
        if (Classifier is not null)
        {
            using var objective = new ClassifierSubject(Classifier, [0]).Raise(attack.Loss == "dlr" ? AttackLoss.Dlr : AttackLoss.CrossEntropy);
            return;
        }

        using var detector = new DetectorSubject(
            Detector!, new float[Shape.Size], null, AttackCatalog.IsPatch(attack.Name) ? DetectorLoss.TogUntargeted : AttackCatalog.LossOf(attack),
            DetectorWeights.For(Reference.Family), CancellationToken.None).Raise();
    }

    /// <summary>Images of another size, as this model takes them.</summary>
    internal float[] Fit(float[] images, ImageShape from) => from == Shape ? images :
        [.. images.Chunk(from.Size).SelectMany(i => Fitting(from).Apply(i, from, Shape, Reference.Preprocess.Pad))];

    /// <summary>How images of another size are fitted.</summary>
    internal ImageFitting Fitting(ImageShape from) => ImageFitting.For(from.Height, from.Width, Shape, Reference.Preprocess.Resize);

    /// <inheritdoc/>
    public void Dispose()
    {
        Classifier?.Dispose();
        Detector?.Dispose();
    }
}
