namespace Iml4e.Learning.BoostedTrees.Managed;

/// <summary>
/// Boosts trees without the native library, for machines that do not have it: XGBoost's exact greedy method, some of its objectives, its JSON.
/// </summary>
internal sealed class ManagedBooster : IBooster
{
    private readonly FitData train;
    private readonly FitData? held;
    private readonly ManagedSettings settings;
    private readonly ExactGreedy grower;
    private readonly Random random;
    private readonly List<GrownTree> trees = [];
    private readonly float[] margins;
    private readonly float[] heldMargins;

    public ManagedBooster(FitData train, FitData? held, ManagedSettings settings)
    {
        (this.train, this.held, this.settings) = (train, held, settings);
        grower = new ExactGreedy(train, settings);
        random = new Random(settings.Seed);
        margins = settings.Start(train.Rows);
        heldMargins = settings.Start(held?.Rows ?? 0);
    }

    public void Update(int round)
    {
        // All classes of a round see the margins that it starts from.
        var before = (float[])margins.Clone();
        var sampled = new bool[train.Rows];
        for (var row = 0; row < sampled.Length; row++)
            sampled[row] = settings.SubSample >= 1 || random.NextDouble() < settings.SubSample;
        double[] gradients = new double[train.Rows], hessians = new double[train.Rows];
        for (var group = 0; group < settings.Groups; group++)
        {
            for (var row = 0; row < train.Rows; row++)
                (gradients[row], hessians[row]) = sampled[row] ? Gradient(before.AsSpan(row * settings.Groups, settings.Groups), group, row) : (0, 0);
            var tree = grower.Grow(gradients, hessians, Features());
            trees.Add(tree);
            Add(tree, group, train, margins);
            if (held is not null)
                Add(tree, group, held, heldMargins);
        }
    }

    public double Evaluate(int round)
    {
        double sum = 0, weights = 0;
        for (var row = 0; row < held!.Rows; row++)
        {
            var margin = heldMargins.AsSpan(row * settings.Groups, settings.Groups);
            var (label, weight) = (held.Targets[row], held.Weights?[row] ?? 1);
            weights += weight;
            sum += weight * settings.Objective.Link switch
            {
                MarginLink.Softmax => -Math.Log(Math.Max(1e-16, Softmax(margin, (int)label))),
                MarginLink.Logistic => -(label * Math.Log(Math.Max(1e-16, Logistic(margin[0]))))
                    - ((1 - label) * Math.Log(Math.Max(1e-16, Logistic(-margin[0])))),
                _ => (margin[0] - label) * (margin[0] - label),
            };
        }
        return settings.Objective.Link == MarginLink.Identity ? Math.Sqrt(sum / weights) : sum / weights;
    }

    public IBoostedTrees First(int rounds) => new ManagedTrees(settings, train.Columns, trees[..(rounds * settings.Groups)]);

    public void Dispose()
    {
        // Nothing native here.
    }

    private int[] Features()
    {
        var all = Enumerable.Range(0, train.Columns).ToArray();
        var count = Math.Max(1, (int)(settings.ColumnShare * all.Length));
        if (count < all.Length)
            random.Shuffle(all);
        Array.Resize(ref all, count);
        Array.Sort(all);
        return all;
    }

    private (double Gradient, double Hessian) Gradient(ReadOnlySpan<float> margin, int group, int row)
    {
        var (label, weight) = (train.Targets[row], train.Weights?[row] ?? 1);
        switch (settings.Objective.Link)
        {
            case MarginLink.Softmax:
                var share = Softmax(margin, group);
                return (weight * (share - (label == group ? 1 : 0)), weight * Math.Max(2 * share * (1 - share), 1e-16));
            case MarginLink.Logistic:
                var p = Logistic(margin[0]);
                return (weight * (p - label), weight * Math.Max(p * (1 - p), 1e-16));
            default:
                return (weight * (margin[0] - label), weight);
        }
    }

    private void Add(GrownTree tree, int group, FitData data, float[] to)
    {
        for (var row = 0; row < data.Rows; row++)
            to[(row * settings.Groups) + group] += tree.Predict(data.Values.AsSpan(row * data.Columns, data.Columns));
    }

    private static double Logistic(double margin) => 1 / (1 + Math.Exp(-margin));

    private static double Softmax(ReadOnlySpan<float> margins, int of)
    {
        var sum = 0.0;
        foreach (var margin in margins)
            sum += Math.Exp(margin - margins[of]);
        return 1 / sum;
    }
}
