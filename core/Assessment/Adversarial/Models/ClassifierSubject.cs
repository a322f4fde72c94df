using Iml4e.Assessment.Adversarial.Attacks;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>A classifier with the labels of a batch, and targets where the attacker has them.</summary>
/// <param name="classifier">The classifier.</param>
/// <param name="labels">Class of each sample: the true one, or what the model says of the clean image.</param>
/// <param name="targets">Class that each sample is to be taken for; null = any other than its label.</param>
public sealed class ClassifierSubject(Classifier classifier, IReadOnlyList<int> labels, IReadOnlyList<int>? targets = null) : IAttackSubject
{
    /// <inheritdoc/>
    public GradientCounters Counters { get; private init; } = new();

    /// <summary>Whether there are targets.</summary>
    internal bool Targeted => targets is not null;

    /// <summary>The classifier.</summary>
    internal Classifier Classifier => classifier;

    /// <inheritdoc/>
    public IGradientObjective Raise(AttackLoss loss = AttackLoss.Default, float confidence = 0) =>
        new ClassifierGradient(this, loss == AttackLoss.Default ? AttackLoss.CrossEntropy : loss, confidence);

    /// <inheritdoc/>
    public IQueryObjective Lower(QueryScore score) => new ClassifierQuery(this, score, labels.Count);

    /// <inheritdoc/>
    public IClassJacobian Jacobian() => new ClassifierJacobian(classifier, Counters);

    /// <inheritdoc/>
    public int[][] RankOtherClasses(AttackBatch batch, CancellationToken ct)
    {
        var classes = classifier.Classes;
        var logits = new float[batch.Count * classes];
        classifier.Predict(batch.Clean, logits, ct);
        return [.. Enumerable.Range(0, batch.Count)
            .Select(i => Enumerable.Range(0, classes).Where(c => c != labels[i]).OrderByDescending(c => logits[i * classes + c]).ToArray())];
    }

    /// <inheritdoc/>
    public IAttackSubject Towards(IReadOnlyList<int> targets) => new ClassifierSubject(classifier, labels, targets) { Counters = Counters };

    /// <inheritdoc/>
    public int Label(int sample) => targets?[sample] ?? labels[sample];

    /// <summary>The label, whether there is a target or not.</summary>
    internal int Own(int sample) => labels[sample];

    /// <summary>Whether the goal is reached.</summary>
    internal bool IsFooled(int sample, ReadOnlySpan<float> logits)
    {
        // What is no number is no class of the model's.
        var said = Decision.Of(logits);
        return targets is { } t ? said == t[sample] : said != labels[sample];
    }
}
