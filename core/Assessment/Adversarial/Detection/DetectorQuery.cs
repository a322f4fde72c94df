using Iml4e.Assessment.Adversarial.Attacks;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// What a black-box attack on a detector lowers: the sum, over what was found in the clean image, of the best score with which it is still found. The goal is
/// that nothing of it is.
/// </summary>
internal sealed class DetectorQuery(DetectorSubject subject, int samples) : IQueryObjective
{
    private const double Same = 0.5;
    private const double Sure = 0.25;
    private readonly DetectorRun _run = new(subject.Detector, null);
    private readonly long[] _used = new long[samples];

    /// <inheritdoc/>
    public void Query(ReadOnlySpan<float> images, ReadOnlySpan<int> rows, Span<float> scores, Span<bool> fooled, CancellationToken ct)
    {
        var (sums, lost, of) = (new float[rows.Length], new bool[rows.Length], rows.ToArray());
        _run.Forward(images[..(rows.Length * subject.Detector.Shape.Size)], (row, candidates) =>
        {
            var found = 0;
            foreach (var each in subject.Clean[of[row]])
            {
                var best = 0.0;
                for (var p = 0; p < candidates.Count; p++)
                {
                    var score = candidates.Score(p, each.Class);
                    if (score > best && candidates.Box(p).Overlap(each.Box) >= Same)
                        best = score;
                }

                sums[row] += (float)best;
                found += best >= Sure ? 1 : 0;
            }

            lost[row] = found == 0;
        }, ct);
        subject.Detector.Counters.CountQueries(rows.Length);
        subject.Counters.CountQueries(rows.Length);
        foreach (var sample in rows)
            _used[sample]++;
        sums.CopyTo(scores);
        lost.CopyTo(fooled);
    }

    /// <inheritdoc/>
    public long Used(int sample) => _used[sample];

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
