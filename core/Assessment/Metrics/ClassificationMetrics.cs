namespace Iml4e.Assessment.Metrics;

/// <summary>Quality of a classification; null where undefined, never NaN.</summary>
public sealed record ClassificationMetrics
{
    /// <summary>Probabilities are clipped to [1e-15, 1 − 1e-15] before the logarithm.</summary>
    public const double Clip = 1e-15;

    /// <summary>Rows.</summary>
    public int Count { get; init; }

    /// <summary>The classes: those the model knows, in its order, then any other that occurs, in ordinal order.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Confusion matrix: row = truth, column = prediction, in the order of <see cref="Classes"/>.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Confusion { get; init; } = [];

    /// <summary>Share of rows that are right.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Mean recall over the classes that occur as truth.</summary>
    public double? BalancedAccuracy { get; init; }

    /// <summary>Mean F1 over the classes that occur as truth or as prediction.</summary>
    public double? MacroF1 { get; init; }

    /// <summary>Mean −ln of the probability of the truth; null without probabilities.</summary>
    public double? LogLoss { get; init; }

    /// <summary>
    /// Area under the ROC curve, ties counted half: for two classes that of the second, else the mean over one-against-the-rest of each class that is
    /// the truth of some rows but not of all; null without probabilities.
    /// </summary>
    public double? RocAuc { get; init; }

    /// <summary>Each class.</summary>
    public IReadOnlyList<ClassMetrics> PerClass { get; init; } = [];

    /// <summary>Metric name to value.</summary>
    public IReadOnlyDictionary<string, double?> ToDictionary() => new SortedDictionary<string, double?>(StringComparer.Ordinal)
    {
        ["accuracy"] = Accuracy, ["balanced_accuracy"] = BalancedAccuracy, ["macro_f1"] = MacroF1, ["log_loss"] = LogLoss, ["roc_auc"] = RocAuc,
    };

    /// <summary>Measures predictions against the truth.</summary>
    /// <param name="actual">True classes.</param>
    /// <param name="predicted">Predicted classes, as many.</param>
    /// <param name="classes">The classes the model knows, distinct, in the order of the probabilities' columns; null to take those that occur.</param>
    /// <param name="probabilities">[rows, classes]; null when there are none. A value that is not finite leaves log loss and AUC undefined.</param>
    public static ClassificationMetrics Compute(
        IReadOnlyList<string> actual, IReadOnlyList<string> predicted, IReadOnlyList<string>? classes = null, double[,]? probabilities = null)
    {
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(predicted);
        if (actual.Count != predicted.Count)
            throw new ArgumentException($"{actual.Count} truths need as many predictions, not {predicted.Count}.", nameof(predicted));
        if (probabilities is not null && (classes is null || probabilities.GetLength(0) != actual.Count || probabilities.GetLength(1) != classes.Count))
            throw new ArgumentException("Probabilities must be [rows, classes], with the classes given.", nameof(probabilities));

        var names = new List<string>(classes ?? []);
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (!index.TryAdd(names[i], i))
                throw new ArgumentException($"Class '{names[i]}' is there twice.", nameof(classes));
        }
        foreach (var other in actual.Concat(predicted).Distinct(StringComparer.Ordinal).Where(c =>
            !index.ContainsKey(c)).Order(StringComparer.Ordinal).ToList())
        {
            index[other] = names.Count;
            names.Add(other);
        }

        var confusion = new int[names.Count][];
        for (var i = 0; i < confusion.Length; i++)
            confusion[i] = new int[names.Count];
        var right = 0;
        for (var row = 0; row < actual.Count; row++)
        {
            int t = index[actual[row]], p = index[predicted[row]];
            confusion[t][p]++;
            right += t == p ? 1 : 0;
        }

        var perClass = names.Select((name, c) => Of(name, c, confusion)).ToList();
        return new ClassificationMetrics
        {
            Count = actual.Count,
            Classes = names,
            Confusion = confusion,
            Accuracy = actual.Count == 0 ? null : (double)right / actual.Count,
            BalancedAccuracy = Mean(perClass.Select(c => c.Recall)),
            MacroF1 = Mean(perClass.Select(c => c.F1)),
            LogLoss = probabilities is null ? null : LogLossOf(actual, classes!.Count, index, probabilities),
            RocAuc = probabilities is null ? null : RocAucOf(actual, classes!, probabilities),
            PerClass = perClass,
        };
    }

    /// <summary>The area under the ROC curve by ranks (Mann-Whitney), ties counted half; null when one side is empty or a score is not a number.</summary>
    /// <param name="scores">Higher means more likely positive.</param>
    /// <param name="positive">Which rows are positive.</param>
    public static double? AreaUnderRoc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        if (scores.Length != positive.Length)
            throw new ArgumentException($"{scores.Length} scores need as many truths, not {positive.Length}.", nameof(positive));
        var sorted = scores.ToArray();
        var truth = positive.ToArray();
        foreach (var score in sorted)
        {
            if (double.IsNaN(score))
                return null;
        }
        Array.Sort(sorted, truth);
        double ranks = 0;
        long positives = 0;
        for (var i = 0; i < sorted.Length;)
        {
            var end = i;
            var inGroup = 0;
            while (end < sorted.Length && sorted[end] == sorted[i])
                inGroup += truth[end++] ? 1 : 0;
            // Ranks i+1 .. end share their mean.
            ranks += inGroup * ((i + 1 + end) / 2.0);
            positives += inGroup;
            i = end;
        }
        var negatives = sorted.Length - positives;
        return positives == 0 || negatives == 0 ? null : (ranks - positives * (positives + 1) / 2.0) / ((double)positives * negatives);
    }

    private static ClassMetrics Of(string name, int c, int[][] confusion)
    {
        int hit = confusion[c][c], support = confusion[c].Sum(), predicted = confusion.Sum(row => row[c]);
        return new ClassMetrics(
            name, support,
            predicted == 0 ? null : (double)hit / predicted,
            support == 0 ? null : (double)hit / support,
            support + predicted == 0 ? null : 2.0 * hit / (support + predicted));
    }

    private static double? LogLossOf(IReadOnlyList<string> actual, int known, Dictionary<string, int> index, double[,] probabilities)
    {
        if (actual.Count == 0)
            return null;
        var sum = 0.0;
        for (var row = 0; row < actual.Count; row++)
        {
            var c = index[actual[row]];
            // A class the model does not know has probability zero.
            var p = c < known ? probabilities[row, c] : 0;
            if (!double.IsFinite(p))
                return null;
            sum -= Math.Log(Math.Clamp(p, Clip, 1 - Clip));
        }
        return sum / actual.Count;
    }

    private static double? RocAucOf(IReadOnlyList<string> actual, IReadOnlyList<string> classes, double[,] probabilities)
    {
        var scores = new double[actual.Count];
        var positive = new bool[actual.Count];
        var areas = new List<double?>();
        for (var c = classes.Count == 2 ? 1 : 0; c < classes.Count; c++)
        {
            for (var row = 0; row < scores.Length; row++)
            {
                scores[row] = probabilities[row, c];
                positive[row] = string.Equals(actual[row], classes[c], StringComparison.Ordinal);
                if (!double.IsFinite(scores[row]))
                    return null;
            }
            areas.Add(AreaUnderRoc(scores, positive));
        }
        return Mean(areas);
    }

    private static double? Mean(IEnumerable<double?> values)
    {
        var defined = values.Where(v => v.HasValue).Select(v => v!.Value).ToList();
        return defined.Count == 0 ? null : defined.Average();
    }
}
