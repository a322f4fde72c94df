namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Runs rows through one graph of a classifier, as many at a time as the graph has, over memory that stays. For one thread at a time.</summary>
internal sealed class RowRun : IDisposable
{
    private readonly Classifier _classifier;
    private readonly BoundGraph _run;
    private readonly bool _seedsLogits;
    private readonly bool _targeted;

    internal RowRun(Classifier classifier, AttackLoss? loss, bool targeted)
    {
        (_classifier, _targeted) = (classifier, targeted && loss == AttackLoss.Dlr);
        _seedsLogits = loss == AttackLoss.Default;
        var (rows, shape) = (classifier.Rows, classifier.Shape);
        (string, long[]) Images(string name) => (name, [rows, shape.Channels, shape.Height, shape.Width]);
        (string, long[]) Classes(string name) => (name, [rows, classifier.Classes]);
        (string, long[]) Losses(string name) => (name, [rows, 1]);
        List<(string, long[])> inputs = [Images(PreprocessingGraph.Input)];
        List<(string, long[])> outputs = [Classes(ClassifierGraphs.Logits)];
        if (_seedsLogits)
        {
            inputs.Add(Classes(ClassifierGraphs.LogitsSeed));
        }
        else if (loss is not null)
        {
            inputs.AddRange([Classes(ClassifierGraphs.OneHot), Losses(ClassifierGraphs.LossSeed)]);
            outputs.Add(Losses(ClassifierGraphs.Loss));
        }

        if (_targeted)
            inputs.Add(Classes(ClassifierGraphs.TargetOneHot));
        if (loss is not null)
            outputs.Add(Images(ClassifierGraphs.Gradient));
        _run = new BoundGraph(classifier.Session(loss, _targeted), inputs, outputs);
    }

    /// <summary>Logits alone.</summary>
    internal void Forward(ReadOnlySpan<float> images, Span<float> logits, CancellationToken ct)
    {
        var (size, classes, count) = (_classifier.Shape.Size, _classifier.Classes, images.Length / _classifier.Shape.Size);
        for (var start = 0; start < count; start += _classifier.Rows)
        {
            var rows = Math.Min(_classifier.Rows, count - start);
            _run.Fill(PreprocessingGraph.Input, images.Slice(start * size, rows * size));
            _run.Run(ct);
            _run.Floats(ClassifierGraphs.Logits)[..(rows * classes)].CopyTo(logits[(start * classes)..]);
        }
    }

    /// <summary>Losses and gradients; <paramref name="sign"/> -1 turns both around.</summary>
    internal void Losses(
        ReadOnlySpan<float> images, ReadOnlySpan<int> labels, ReadOnlySpan<int> targets, float sign, Span<float> losses, Span<float> gradients,
            Span<float> logits,
        CancellationToken ct)
    {
        var (size, classes) = (_classifier.Shape.Size, _classifier.Classes);
        _run.Floats(ClassifierGraphs.LossSeed).Fill(sign);
        for (var start = 0; start < labels.Length; start += _classifier.Rows)
        {
            var rows = Math.Min(_classifier.Rows, labels.Length - start);
            _run.Fill(PreprocessingGraph.Input, images.Slice(start * size, rows * size));
            Mark(ClassifierGraphs.OneHot, labels.Slice(start, rows));
            if (_targeted)
                Mark(ClassifierGraphs.TargetOneHot, targets.Slice(start, rows));
            _run.Run(ct);
            var values = _run.Floats(ClassifierGraphs.Loss);
            for (var i = 0; i < rows; i++)
                losses[start + i] = sign * values[i];
            _run.Floats(ClassifierGraphs.Gradient)[..(rows * size)].CopyTo(gradients[(start * size)..]);
            _run.Floats(ClassifierGraphs.Logits)[..(rows * classes)].CopyTo(logits[(start * classes)..]);
        }
    }

    /// <summary>Logits and the gradients of differences of two of them.</summary>
    internal void Differences(
        ReadOnlySpan<float> images, ReadOnlySpan<int> plus, ReadOnlySpan<int> minus, Span<float> logits, Span<float> gradients, CancellationToken ct)
    {
        var (size, classes) = (_classifier.Shape.Size, _classifier.Classes);
        for (var start = 0; start < plus.Length; start += _classifier.Rows)
        {
            var rows = Math.Min(_classifier.Rows, plus.Length - start);
            _run.Fill(PreprocessingGraph.Input, images.Slice(start * size, rows * size));
            var seeds = _run.Floats(ClassifierGraphs.LogitsSeed);
            seeds.Clear();
            for (var i = 0; i < rows; i++)
            {
                seeds[i * classes + plus[start + i]] += 1;
                seeds[i * classes + minus[start + i]] -= 1;
            }

            _run.Run(ct);
            _run.Floats(ClassifierGraphs.Gradient)[..(rows * size)].CopyTo(gradients[(start * size)..]);
            _run.Floats(ClassifierGraphs.Logits)[..(rows * classes)].CopyTo(logits[(start * classes)..]);
        }
    }

    public void Dispose() => _run.Dispose();

    private void Mark(string name, ReadOnlySpan<int> labels)
    {
        var memory = _run.Floats(name);
        memory.Clear();
        for (var i = 0; i < _classifier.Rows; i++)
            memory[i * _classifier.Classes + (i < labels.Length ? labels[i] : 0)] = 1;
    }
}
