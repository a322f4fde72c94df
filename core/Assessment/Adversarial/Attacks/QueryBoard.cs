using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// The state that all black-box attacks share: the best image of each sample, its score, and a hard budget of queries. Samples move side by side, so that each
/// question to the model is a full batch, and none knows of the others.
/// </summary>
internal sealed class QueryBoard : IDisposable
{
    private readonly IQueryObjective _objective;
    private readonly AttackBatch _batch;
    private readonly long _budget;
    private readonly CancellationToken _ct;
    private readonly float[] _proposals;
    private readonly int[] _rows;
    private readonly float[] _scores;
    private readonly bool[] _fooled;

    internal QueryBoard(IAttackSubject subject, QueryScore score, AttackBatch batch, long budget, CancellationToken ct)
    {
        (_objective, _batch, _budget, _ct) = (subject.Lower(score), batch, budget, ct);
        Outcome = new AttackOutcome(batch.Count, batch.Size);
        (_proposals, _rows) = (new float[batch.Clean.Length], new int[batch.Count]);
        (_scores, _fooled, Scores) = (new float[batch.Count], new bool[batch.Count], new float[batch.Count]);
        batch.Clean.CopyTo(Outcome.Images, 0);
        Active = [.. Enumerable.Range(0, batch.Count)];
        Ask((_, proposal) => { }, (i, score0, fooled) =>
        {
            (Scores[i], Outcome.LossBefore[i], Outcome.LossAfter[i], Outcome.Fooled[i]) = (score0, -score0, -score0, fooled);
            return false;
        });
        Drop();
    }

    /// <summary>Proposes a change: fills in the image to ask about, which holds the sample's best so far.</summary>
    internal delegate void Propose(int sample, Span<float> proposal);

    /// <summary>Told the answer; true takes the proposal over as the sample's best.</summary>
    internal delegate bool Judge(int sample, float score, bool fooled);

    /// <summary>Results so far; its images are each sample's best.</summary>
    internal AttackOutcome Outcome { get; }

    /// <summary>Score of each sample's best.</summary>
    internal float[] Scores { get; }

    /// <summary>Samples that go on.</summary>
    internal List<int> Active { get; }

    /// <summary>Queries that a sample has left.</summary>
    internal long Left(int sample) => _budget - _objective.Used(sample);

    /// <summary>Asks about one image of each active sample.</summary>
    internal void Ask(Propose propose, Judge judge)
    {
        var asked = 0;
        foreach (var i in Active)
        {
            if (Left(i) <= 0)
                continue;
            var proposal = _proposals.AsSpan(asked * _batch.Size, _batch.Size);
            Outcome.Image(i).CopyTo(proposal);
            propose(i, proposal);
            _rows[asked++] = i;
        }

        if (asked == 0)
            return;
        _objective.Query(_proposals.AsSpan(0, asked * _batch.Size), _rows.AsSpan(0, asked), _scores, _fooled, _ct);
        for (var n = 0; n < asked; n++)
        {
            var i = _rows[n];
            Outcome.Queries[i] = _objective.Used(i);
            if (judge(i, _scores[n], _fooled[n]))
                Take(i, _proposals.AsSpan(n * _batch.Size, _batch.Size), _scores[n], _fooled[n]);
        }
    }

    /// <summary>Asks about several images of one sample, as many as the budget allows.</summary>
    /// <returns>How many were asked.</returns>
    internal int Ask(int sample, ReadOnlySpan<float> images, Span<float> scores, Span<bool> fooled)
    {
        var count = (int)Math.Min(images.Length / _batch.Size, Math.Max(0, Left(sample)));
        if (count == 0)
            return 0;
        var rows = new int[count];
        Array.Fill(rows, sample);
        _objective.Query(images[..(count * _batch.Size)], rows, scores, fooled, _ct);
        Outcome.Queries[sample] = _objective.Used(sample);
        return count;
    }

    /// <summary>Takes an image as a sample's best.</summary>
    internal void Take(int sample, ReadOnlySpan<float> image, float score, bool fooled)
    {
        image.CopyTo(Outcome.Image(sample));
        (Scores[sample], Outcome.LossAfter[sample], Outcome.Fooled[sample]) = (score, -score, fooled);
    }

    /// <summary>Lets go of the samples that reached the goal or have no query left.</summary>
    internal void Drop() => Active.RemoveAll(i => Outcome.Fooled[i] || Left(i) <= 0);

    public void Dispose() => _objective.Dispose();
}
