namespace Iml4e.Learning;

/// <summary>Rows by part; places in the frame in order of time.</summary>
/// <param name="Train">Rows to fit on, oldest first where there is time.</param>
/// <param name="Validation">Rows that choose.</param>
/// <param name="Holdout">Rows that judge.</param>
internal sealed record DataSplit(int[] Train, int[] Validation, int[] Holdout)
{
    /// <summary>Fewest rows in a hold-out or validation part that a short window may shrink it to.</summary>
    public const int LeastHoldout = 200, LeastValidation = 100;

    /// <summary>Splits rows that are in order of time: train, then validation, then hold-out, each strictly later than the one before.</summary>
    /// <param name="rows">Labelled rows, oldest first.</param>
    /// <param name="isTie">Whether the row at a place has the same moment as the one before it in <paramref name="rows"/>.</param>
    /// <param name="sizingRows">Number of rows that the shares are taken of: all, or the shortest window of a search.</param>
    /// <param name="options">Shares and gap.</param>
    public static DataSplit ByTime(int[] rows, Func<int, bool> isTie, int sizingRows, TrainingOptions options)
    {
        var holdout = Share(options.Holdout, sizingRows, LeastHoldout, options.WindowSearch);
        var validation = Share(options.Validation, sizingRows - holdout, LeastValidation, options.WindowSearch);
        var holdoutStart = Boundary(rows.Length - holdout, rows.Length, isTie);
        var validationEnd = holdout == 0 ? rows.Length : holdoutStart - options.Gap;
        var validationStart = Boundary(validationEnd - validation, validationEnd, isTie);
        var trainEnd = validationStart - options.Gap;
        if (trainEnd <= 0 || validationStart >= validationEnd)
            throw new TrainingDataException("data.time", "the rows cannot be split in order of time: too many share a moment, or the gap is too wide");
        return new DataSplit(rows[..trainEnd], rows[validationStart..validationEnd], rows[holdoutStart..]);
    }

    /// <summary>Keeps the newest rows as hold-out, with the gap before them; everything before is for training and validation.</summary>
    /// <param name="rows">Labelled rows, oldest first.</param>
    /// <param name="isTie">Whether the row at a place has the same moment as the one before it in <paramref name="rows"/>.</param>
    /// <param name="options">Share and gap.</param>
    public static (int[] Train, int[] Holdout) Newest(int[] rows, Func<int, bool> isTie, TrainingOptions options)
    {
        var start = Boundary(rows.Length - Share(options.Holdout, rows.Length, LeastHoldout, raise: false), rows.Length, isTie);
        var end = start - options.Gap;
        if (end <= 0 || start >= rows.Length)
            throw new TrainingDataException("data.time", "the rows cannot be split in order of time: too many share a moment, or the gap is too wide");
        return (rows[..end], rows[start..]);
    }

    /// <summary>Splits at random; for classes each part gets its share of every class.</summary>
    /// <param name="rows">Labelled rows.</param>
    /// <param name="strata">Class index by row of <paramref name="rows"/>; null = one stratum.</param>
    /// <param name="options">Shares and seed.</param>
    public static DataSplit AtRandom(int[] rows, double[]? strata, TrainingOptions options)
    {
        var random = new Random(options.Seed);
        List<int> train = [], validation = [], holdout = [];
        foreach (var stratum in Enumerable.Range(0, rows.Length).GroupBy(i => strata is null ? 0 : strata[i]).OrderBy(g => g.Key))
        {
            var members = stratum.Select(i => rows[i]).ToArray();
            random.Shuffle(members);
            var held = (int)Math.Round(options.Holdout * members.Length);
            var checks = (int)Math.Round(options.Validation * (members.Length - held));
            holdout.AddRange(members[..held]);
            validation.AddRange(members[held..(held + checks)]);
            train.AddRange(members[(held + checks)..]);
        }
        // In the order of the frame: a stratum after the other would teach histogram sketches nothing, but reads badly in every report.
        train.Sort();
        validation.Sort();
        holdout.Sort();
        return new DataSplit([.. train], [.. validation], [.. holdout]);
    }

    // A short window must still leave enough rows to judge by, but never more than two fifths of it.
    private static int Share(double share, int rows, int least, bool raise)
    {
        var count = (int)Math.Round(share * rows);
        return raise && count > 0 ? Math.Max(count, Math.Min(least, rows * 2 / 5)) : count;
    }

    // Rows of one moment stay together: in the earlier part, unless that would leave the later one empty.
    private static int Boundary(int wanted, int end, Func<int, bool> isTie)
    {
        wanted = Math.Max(wanted, 0);
        var at = wanted;
        while (at < end && isTie(at))
            at++;
        if (at < end || wanted == end)
            return at;
        at = wanted;
        while (at > 0 && isTie(at))
            at--;
        return at;
    }
}
