using Iml4e.Learning.BoostedTrees.Managed;
using Iml4e.Learning.Networks;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Gradient boosted trees by XGBoost, with early stopping and, if asked for, a small search over its parameters.</summary>
/// <remarks>Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016. Parameters: <see cref="TreeParameters"/>. One thread alone does not suffer
/// where cores are shared, while several wait for one another at each node's barrier.</remarks>
internal sealed class BoostedTreesTrainer(LearningTask task, int seed, ParameterReader reader) : ModelTrainer
{
    private readonly TreeParameters parameters = new(task, seed, reader);

    public override string Name => "boosted-trees";

    public override bool UsesValidation => parameters.Patience > 0 || parameters.Searches;

    public override bool TakesWeights => true;

    public override CategoryEncoding Categories => parameters.NativeCategories ? CategoryEncoding.Code : CategoryEncoding.OneHot;

    public override FittedModel Fit(
        FitData train, FitData? validation, FittedModel? chosen, ICheckpointStore? checkpoints, Action<double>? progress, CancellationToken ct)
    {
        var held = validation is { Rows: > 0 } && UsesValidation && chosen is null ? validation : null;
        using var rows = parameters.Managed ? null : new NativeRows(train, held, parameters.Threads);
        if (held is not null)
            return Search(train, held, rows, progress, ct);
        var choice = (chosen as BoostedTreesModel)?.Choice ?? new TreeChoice(parameters.Candidates[0], parameters.Rounds, null, []);
        var (trees, _) = Boost(train, null, rows, choice.Parameters, choice.Rounds, progress, ct);
        return new BoostedTreesModel(trees, choice);
    }

    /// <summary>Fits every candidate and keeps the one with the least validation loss; of equals the first.</summary>
    private BoostedTreesModel Search(FitData train, FitData held, NativeRows? rows, Action<double>? progress, CancellationToken ct)
    {
        var candidates = parameters.Candidates;
        var tried = new List<(int Rounds, double Loss)>();
        IBoostedTrees? best = null;
        var place = 0;
        try
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                var before = i;
                var (trees, end) = Boost(train, held, rows, candidates[i], parameters.Rounds, part => progress?.Invoke((before + part) / candidates.Count), ct);
                tried.Add(end);
                if (best is null || end.Loss < tried[place].Loss)
                {
                    best?.Dispose();
                    (best, place) = (trees, i);
                }
                else
                {
                    trees.Dispose();
                }
            }
            var report = parameters.Searches
                ? tried.Select((t, i) => new ParameterCandidate(candidates[i], t.Rounds, t.Loss, i == place)).ToArray()
                : [];
            return new BoostedTreesModel(best!, new TreeChoice(candidates[place], tried[place].Rounds, tried[place].Loss, report));
        }
        catch
        {
            best?.Dispose();
            throw;
        }
    }

    /// <summary>Runs the rounds; with held-out rows until they are no longer predicted better, and then only the rounds up to the best are kept.</summary>
    private (IBoostedTrees Trees, (int Rounds, double Loss) End) Boost(
        FitData train, FitData? held, NativeRows? rows, IReadOnlyDictionary<string, double> candidate, int rounds, Action<double>? progress,
        CancellationToken ct)
    {
        var settings = parameters.For(train, candidate);
        using IBooster booster = rows is null ? new ManagedBooster(train, held, new ManagedSettings(settings)) : new NativeBooster(rows, settings);
        var best = (Rounds: rounds, Loss: double.PositiveInfinity);
        for (var round = 0; round < rounds; round++)
        {
            ct.ThrowIfCancellationRequested();
            booster.Update(round);
            progress?.Invoke((round + 1.0) / rounds);
            // Without early stopping only the last round's loss counts.
            if (held is null || (parameters.Patience == 0 && round < rounds - 1))
                continue;
            var loss = booster.Evaluate(round);
            if (loss < best.Loss)
                best = (round + 1, loss);
            else if (parameters.Patience > 0 && round + 1 - best.Rounds >= parameters.Patience)
                break;
        }
        if (held is not null && !double.IsFinite(best.Loss))
            throw new TrainingException("training.diverged", "the loss on the validation rows is no number in any round; labels or parameters are too extreme");
        progress?.Invoke(1);
        return (booster.First(best.Rounds), best);
    }
}
