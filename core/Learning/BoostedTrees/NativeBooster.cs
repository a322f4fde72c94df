namespace Iml4e.Learning.BoostedTrees;

/// <summary>XGBoost at work; the rows must outlive it.</summary>
internal sealed class NativeBooster(NativeRows rows, IReadOnlyDictionary<string, string> settings) : IBooster
{
    private readonly Booster booster = new(rows.Held is null ? [rows.Train] : [rows.Train, rows.Held], settings);

    public void Update(int round) => booster.Update(round, rows.Train);

    public double Evaluate(int round) => booster.Evaluate(round, rows.Held!);

    public IBoostedTrees First(int rounds) => new NativeTrees(booster.First(rounds), rows.Threads);

    public void Dispose() => booster.Dispose();
}
