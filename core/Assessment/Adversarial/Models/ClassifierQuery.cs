using Iml4e.Assessment.Adversarial.Attacks;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Questions to a classifier, each row one query.</summary>
internal sealed class ClassifierQuery(ClassifierSubject subject, QueryScore score, int samples) : IQueryObjective
{
    private readonly RowRun _run = new(subject.Classifier, null, false);
    private readonly long[] _used = new long[samples];
    private float[] _logits = [];

    /// <inheritdoc/>
    public void Query(ReadOnlySpan<float> images, ReadOnlySpan<int> rows, Span<float> scores, Span<bool> fooled, CancellationToken ct)
    {
        var classes = subject.Classifier.Classes;
        if (_logits.Length < rows.Length * classes)
            _logits = new float[rows.Length * classes];
        _run.Forward(images[..(rows.Length * subject.Classifier.Shape.Size)], _logits, ct);
        subject.Classifier.Counters.CountQueries(rows.Length);
        subject.Counters.CountQueries(rows.Length);
        var sign = subject.Targeted ? -1f : 1f;
        for (var i = 0; i < rows.Length; i++)
        {
            var logits = _logits.AsSpan(i * classes, classes);
            _used[rows[i]]++;
            fooled[i] = subject.IsFooled(rows[i], logits);
            scores[i] = score switch
            {
                QueryScore.Probability => sign * Decision.Probability(logits, subject.Label(rows[i])),
                QueryScore.Margin => sign * Decision.Margin(logits, subject.Label(rows[i])),
                _ => fooled[i] ? 0 : 1,
            };
        }
    }

    /// <inheritdoc/>
    public long Used(int sample) => _used[sample];

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
