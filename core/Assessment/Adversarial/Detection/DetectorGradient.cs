using Iml4e.Assessment.Adversarial.Attacks;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>A loss of a detector with its gradient. Whether an attack succeeded is for the evaluation of the detections to say.</summary>
internal sealed class DetectorGradient(DetectorSubject subject) : IGradientObjective
{
    private readonly DetectorRun _run = new(subject.Detector, subject.Graph);

    /// <inheritdoc/>
    public void Evaluate(ReadOnlySpan<float> images, ReadOnlySpan<int> samples, Span<float> losses, Span<float> gradients, Span<bool> fooled,
        CancellationToken ct)
    {
        var (detector, size) = (subject.Detector, subject.Detector.Shape.Size);
        var assignments = new DetectorAssignment[samples.Length];
        for (var i = 0; i < assignments.Length; i++)
            assignments[i] = subject.Assignment(samples[i]);
        _run.Losses(images, assignments, subject.Lowers ? -1 : 1, losses[..samples.Length], gradients, ct);
        detector.Counters.CountGradients(samples.Length);
        subject.Counters.CountGradients(samples.Length);
        for (var i = 0; i < samples.Length; i++)
            subject.Counters.Clean(gradients.Slice(i * size, size));
        fooled[..samples.Length].Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
