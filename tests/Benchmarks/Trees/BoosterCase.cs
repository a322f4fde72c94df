namespace Iml4e.Benchmarks.Trees;

/// <summary>A booster to be made of random rows.</summary>
/// <param name="Objective">As XGBoost names it.</param>
/// <param name="Depth">Largest depth of a tree.</param>
/// <param name="Rounds">Rounds of boosting.</param>
/// <param name="Missing">Share of missing values, 0..1.</param>
/// <param name="BaseScore">Where boosting starts; null = XGBoost's own choice.</param>
/// <param name="Rows">Rows trained on and compared.</param>
/// <param name="Seed">Seed of the rows.</param>
internal sealed record BoosterCase(string Objective, int Depth, int Rounds, double Missing, string? BaseScore, int Rows, int Seed)
{
    /// <summary>Trees of a round.</summary>
    public int ParallelTrees { get; init; } = 1;

    /// <summary>Sizes of the category columns, which come first; splits are then by sets of categories.</summary>
    public IReadOnlyList<int> Categories { get; init; } = [];

    /// <summary>hist, approx or exact.</summary>
    public string TreeMethod { get; init; } = "hist";

    /// <summary>Further parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Boosters of binary:logistic: depth 1 to 8, 10 to 300 trees, 0 to 30 % missing, three base scores.</summary>
    public static IReadOnlyList<BoosterCase> Random(int count, int rows, int mostRounds)
    {
        var random = new Random(20);
        string[] bases = ["0.5", "0.1", "0.9"];
        return
        [
            .. Enumerable.Range(0, count).Select(k => new BoosterCase(
                "binary:logistic", 1 + (k % 8), k == 0 ? mostRounds : random.Next(10, mostRounds + 1), k == 1 ? 0 : random.NextDouble() * 0.3, bases[k % 3], rows, k)),
        ];
    }

    /// <summary>One booster of every objective that is converted, then forests, and splits by sets of categories.</summary>
    public static IReadOnlyList<BoosterCase> EveryKind(int rows, int rounds) =>
    [
        .. Learning.BoostedTrees.Objective.Known.Select((o, i) => new BoosterCase(o.Name, 2 + (i % 5), rounds, 0.1, o.Name == "reg:absoluteerror" ? null : "0.3", rows, 100 + i)),
        new("reg:squarederror", 4, rounds, 0.1, "-7.5", rows, 200) { TreeMethod = "exact" },
        new("reg:tweedie", 4, rounds, 0.1, "0.7", rows, 201) { Parameters = new Dictionary<string, string> { ["tweedie_variance_power"] = "1.2" } },
        new("binary:logistic", 5, Math.Max(1, rounds / 4), 0.2, "0.5", rows, 202) { ParallelTrees = 4 },
        new("multi:softprob", 3, Math.Max(1, rounds / 3), 0.2, "0.5", rows, 203) { ParallelTrees = 3 },
        new("binary:logistic", 5, rounds, 0.2, "0.3", rows, 204) { Categories = [3, 12, 70] },
        new("reg:squarederror", 6, rounds, 0.2, "1", rows, 205) { Categories = [2, 40, 40], TreeMethod = "approx" },
        new("multi:softprob", 4, rounds, 0, "0.5", rows, 206) { Categories = [5, 33] },
    ];
}
