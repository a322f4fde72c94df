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

    public override FittedModel Fit(FitData train, FitData? validation, FittedModel? chosen, Action<double>? progress, CancellationToken ct)
    {
        using var matrix = Matrix(train);
        if (chosen is BoostedTreesModel earlier)
        {
            var (again, _) = Boost(train, matrix, null, earlier.Choice.Parameters, earlier.Choice.Rounds, progress, ct);
            return new BoostedTreesModel(again, parameters.Threads, earlier.Choice);
        }
        using var held = validation is { Rows: > 0 } && UsesValidation ? Matrix(validation) : null;
        if (held is null)
        {
            var (all, _) = Boost(train, matrix, null, parameters.Candidates[0], parameters.Rounds, progress, ct);
            return new BoostedTreesModel(all, parameters.Threads, new TreeChoice(parameters.Candidates[0], parameters.Rounds, null, []));
        }
        return Search(train, matrix, held, progress, ct);
    }

    /// <summary>Fits every candidate and keeps the one with the least validation loss; of equals the first.</summary>
    private BoostedTreesModel Search(FitData train, DMatrix matrix, DMatrix held, Action<double>? progress, CancellationToken ct)
    {
        var candidates = parameters.Candidates;
        var tried = new List<(int Rounds, double Loss)>();
        Booster? best = null;
        var place = 0;
        try
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                var before = i;
                var (booster, end) = Boost(train, matrix, held, candidates[i], parameters.Rounds, part => progress?.Invoke((before + part) / candidates.Count), ct);
                tried.Add(end);
                if (best is null || end.Loss < tried[place].Loss)
                {
                    best?.Dispose();
                    (best, place) = (booster, i);
                }
                else
                {
                    booster.Dispose();
                }
            }
            var report = parameters.Searches
                ? tried.Select((t, i) => new ParameterCandidate(candidates[i], t.Rounds, t.Loss, i == place)).ToArray()
                : [];
            return new BoostedTreesModel(best!, parameters.Threads, new TreeChoice(candidates[place], tried[place].Rounds, tried[place].Loss, report));
        }
        catch
        {
            best?.Dispose();
            throw;
        }
    }

    /// <summary>Runs the rounds; with held-out rows until they are no longer predicted better, and then only the rounds up to the best are kept.</summary>
    private (Booster Booster, (int Rounds, double Loss) End) Boost(
        FitData train, DMatrix matrix, DMatrix? held, IReadOnlyDictionary<string, double> candidate, int rounds, Action<double>? progress, CancellationToken ct)
    {
        using var booster = new Booster(held is null ? [matrix] : [matrix, held], parameters.For(train, candidate));
        var best = (Rounds: rounds, Loss: double.PositiveInfinity);
        for (var round = 0; round < rounds; round++)
        {
            ct.ThrowIfCancellationRequested();
            booster.Update(round, matrix);
            progress?.Invoke((round + 1.0) / rounds);
            // Without early stopping only the last round's loss counts.
            if (held is null || (parameters.Patience == 0 && round < rounds - 1))
                continue;
            var loss = booster.Evaluate(round, held);
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

    private DMatrix Matrix(FitData data)
    {
        var matrix = new DMatrix(data.Values, data.Rows, data.Columns, Array.ConvertAll(data.Targets, t => (float)t), parameters.Threads);
        if (data.Weights is not null)
            matrix.Weigh(data.Weights);
        if (data.Schema.CodeFeatures() is { Count: > 0 } codes)
            matrix.DeclareCategories(codes);
        return matrix;
    }
}
