using Iml4e.Assessment.Adversarial.Attacks;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>A loss of a classifier with its gradient.</summary>
internal sealed class ClassifierGradient : IGradientObjective
{
    private readonly ClassifierSubject _subject;
    private readonly AttackLoss _loss;
    private readonly float _confidence;
    private readonly RowRun _run;
    private int[] _labels = [];
    private int[] _targets = [];
    private float[] _logits = [];

    internal ClassifierGradient(ClassifierSubject subject, AttackLoss loss, float confidence)
    {
        (_subject, _loss, _confidence) = (subject, loss, confidence);
        _run = new RowRun(subject.Classifier, loss, subject.Targeted);
    }

    /// <inheritdoc/>
    public void Evaluate(ReadOnlySpan<float> images, ReadOnlySpan<int> samples, Span<float> losses, Span<float> gradients, Span<bool> fooled,
        CancellationToken ct)
    {
        var (count, classes, size) = (samples.Length, _subject.Classifier.Classes, _subject.Classifier.Shape.Size);
        if (_labels.Length < count)
            (_labels, _targets, _logits) = (new int[count], new int[count], new float[count * classes]);
        // The targeted ratio of logits knows both classes; the other losses are lowered at the target instead of raised at the label.
        var both = _subject.Targeted && _loss == AttackLoss.Dlr;
        for (var i = 0; i < count; i++)
            (_labels[i], _targets[i]) = (both ? _subject.Own(samples[i]) : _subject.Label(samples[i]), _subject.Label(samples[i]));
        var sign = _subject.Targeted && !both ? -1f : 1f;
        _run.Losses(images, _labels.AsSpan(0, count), _targets.AsSpan(0, count), sign, losses, gradients, _logits, ct);
        _subject.Classifier.Counters.CountGradients(count);
        _subject.Counters.CountGradients(count);
        for (var i = 0; i < count; i++)
        {
            var gradient = gradients.Slice(i * size, size);
            _subject.Counters.Clean(gradient);
            fooled[i] = _subject.IsFooled(samples[i], _logits.AsSpan(i * classes, classes));
            if (_loss != AttackLoss.Margin)
                continue;
            // -max(margin + κ, 0): flat once the margin is won by κ.
            if (losses[i] >= _confidence)
                gradient.Clear();
            fooled[i] &= losses[i] >= _confidence || _confidence == 0;
            losses[i] = Math.Min(losses[i] - _confidence, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
