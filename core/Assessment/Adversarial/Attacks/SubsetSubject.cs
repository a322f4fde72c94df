using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Some samples of a subject under numbers of their own.</summary>
internal sealed class SubsetSubject(IAttackSubject whole, int[] samples) : IAttackSubject
{
    /// <inheritdoc/>
    public GradientCounters Counters => whole.Counters;

    /// <inheritdoc/>
    public IGradientObjective Raise(AttackLoss loss = AttackLoss.Default, float confidence = 0) => new Gradient(whole.Raise(loss, confidence), samples);

    /// <inheritdoc/>
    public IQueryObjective Lower(QueryScore score) => new Query(whole.Lower(score), samples);

    /// <inheritdoc/>
    public IClassJacobian Jacobian() => whole.Jacobian();

    /// <inheritdoc/>
    public int[][] RankOtherClasses(AttackBatch batch, CancellationToken ct) => throw new NotSupportedException("Rank the classes of the whole.");

    /// <inheritdoc/>
    public IAttackSubject Towards(IReadOnlyList<int> targets) => throw new NotSupportedException("Give targets to the whole.");

    /// <inheritdoc/>
    public int Label(int sample) => whole.Label(samples[sample]);

    private static int[] Numbers(int[] samples, ReadOnlySpan<int> rows)
    {
        var result = new int[rows.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = samples[rows[i]];
        return result;
    }

    private sealed class Gradient(IGradientObjective whole, int[] samples) : IGradientObjective
    {
        public void Evaluate(ReadOnlySpan<float> images, ReadOnlySpan<int> rows, Span<float> losses, Span<float> gradients, Span<bool> fooled,
            CancellationToken ct) =>
            whole.Evaluate(images, Numbers(samples, rows), losses, gradients, fooled, ct);

        public void Dispose() => whole.Dispose();
    }

    private sealed class Query(IQueryObjective whole, int[] samples) : IQueryObjective
    {
        void IQueryObjective.Query(ReadOnlySpan<float> images, ReadOnlySpan<int> rows, Span<float> scores, Span<bool> fooled, CancellationToken ct) =>
            whole.Query(images, Numbers(samples, rows), scores, fooled, ct);

        public long Used(int sample) => whole.Used(samples[sample]);

        public void Dispose() => whole.Dispose();
    }
}
