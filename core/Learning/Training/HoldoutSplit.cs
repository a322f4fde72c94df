namespace Iml4e.Learning;

/// <summary>Rows to train on and rows to judge by, for a trainer that is not ours: places in the frame.</summary>
/// <param name="Train">Rows for training and validation, oldest first where there is time.</param>
/// <param name="Holdout">Rows that judge, each strictly later than those before by the gap where there is time.</param>
public sealed record HoldoutSplit(int[] Train, int[] Holdout)
{
    /// <summary>
    /// Splits as <see cref="Trainer"/> does: the newest rows are held out where there is a time column, else a random share, of every class alike.
    /// </summary>
    /// <exception cref="TrainingDataException">Data or options are wrong; says where.</exception>
    public static HoldoutSplit Of(DataFrame frame, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(options);
        var label = frame.Find(options.Label, "data.label");
        var order = options.Time is { } time ? frame.TimeOrder(time) : [.. Enumerable.Range(0, frame.RowCount)];
        var rows = Array.FindAll(order, row => !label.IsMissing(row));
        if (options.Window is { } window && rows.Length > window)
            rows = rows[^window..];
        if (rows.Length < Trainer.LeastRows)
            throw new TrainingDataException("data", $"{rows.Length} rows with a value in '{label.Name}'; at least {Trainer.LeastRows} are needed");
        if (options.Time is null)
        {
            var strata = options.Task == LearningTask.Classification ? Classes.Learn(label, rows).Indices(label, rows) : null;
            var split = DataSplit.AtRandom(rows, strata, options);
            int[] both = [.. split.Train, .. split.Validation];
            Array.Sort(both);
            return new HoldoutSplit(both, split.Holdout);
        }

        var column = frame[options.Time];
        var (train, holdout) = DataSplit.Newest(rows, at => at > 0 && at < rows.Length && SameMoment(column, rows[at], rows[at - 1]), options);
        return new HoldoutSplit(train, holdout);
    }

    private static bool SameMoment(Column time, int row, int other) => time switch
    {
        TimestampColumn moments => moments.Values[row] == moments.Values[other],
        _ => ((NumberColumn)time).Values[row] == ((NumberColumn)time).Values[other],
    };
}
