using Iml4e.Assessment.Adversarial.Attacks;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Gradients of a classifier's classes.</summary>
internal sealed class ClassifierJacobian(Classifier classifier, GradientCounters counters) : IClassJacobian
{
    private readonly RowRun _run = new(classifier, AttackLoss.Default, false);

    /// <inheritdoc/>
    public int Classes => classifier.Classes;

    /// <inheritdoc/>
    public void Evaluate(
        ReadOnlySpan<float> images, ReadOnlySpan<int> plus, ReadOnlySpan<int> minus, Span<float> logits, Span<float> gradients, CancellationToken ct)
    {
        _run.Differences(images, plus, minus, logits, gradients, ct);
        classifier.Counters.CountGradients(plus.Length);
        counters.CountGradients(plus.Length);
        for (var i = 0; i < plus.Length; i++)
            counters.Clean(gradients.Slice(i * classifier.Shape.Size, classifier.Shape.Size));
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
