namespace Iml4e.Learning;

/// <summary>Decides which inputs and features a model gets.</summary>
internal static class SchemaBuilder
{
    /// <summary>Most categories of one column that get a feature of their own: the most frequent ones.</summary>
    public const int MaxCategories = 100;

    /// <summary>Most features in all.</summary>
    public const int MaxFeatures = 20_000;

    private static readonly string[] OutputNames = ["prediction", "probabilities", "label"];

    /// <summary>The schema; categories are learnt from the given training rows alone.</summary>
    public static FeatureSchema Build(
        TrainingOptions options, DataFrame frame, ReadOnlySpan<int> trainRows, Classes? classes, CategoryEncoding encoding = CategoryEncoding.OneHot)
    {
        var inputs = new List<FeatureInput>();
        foreach (var name in FeatureColumns(options, frame))
            if (Input(frame[name], trainRows, encoding) is { } input)
                inputs.Add(input);
        if (options.Calendar && options.Time is { } time && frame[time] is TimestampColumn && inputs.All(i => i.Name != time))
            inputs.Add(new FeatureInput { Name = time, Column = time, Kind = ColumnKind.Timestamp });
        foreach (var lag in options.Lags ?? [])
            inputs.Add(new FeatureInput { Name = lag.InputName, Column = lag.Column, Kind = ColumnKind.Number, History = lag.Lags.Max(), Lags = lag.Lags });

        foreach (var input in inputs)
            if (OutputNames.Contains(input.Name))
                throw new TrainingDataException("data.features", $"a feature column cannot be named '{input.Name}': the model's output is; rename the column");
        if (inputs.GroupBy(i => i.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new TrainingDataException(
                "train.lags", $"the history of '{twice.First().Column}' needs the input name '{twice.Key}', which another column has");
        var features = inputs.SelectMany(i => i.FeatureNames()).ToArray();
        if (features.Length == 0)
            throw new TrainingDataException("data.features", "no column is left to learn from");
        if (features.Length > MaxFeatures)
            throw new TrainingDataException("data.features", $"{features.Length} features; at most {MaxFeatures}");
        return new FeatureSchema
        {
            Task = options.Task,
            Label = options.Label,
            Time = options.Time,
            Trainer = options.Trainer,
            Inputs = inputs,
            Features = features,
            Classes = classes?.Names,
            IntegerClasses = classes?.AreIntegers ?? false,
        };
    }

    /// <summary>Checks the names in the options against the frame.</summary>
    public static void Check(TrainingOptions options, DataFrame frame)
    {
        frame.Find(options.Label, "data.label");
        if (options.Time is { } time)
        {
            if (time == options.Label)
                throw new TrainingDataException("data.time", "is the label");
            frame.Find(time, "data.time");
        }
        foreach (var name in options.Features ?? [])
        {
            frame.Find(name, "data.features");
            if (name == options.Label)
                throw new TrainingDataException("data.features", $"'{name}' is the label; its earlier values can be features through lags");
        }
        if (options.Weight is { } weight)
            CheckWeight(options, frame, weight);
        if (options.Features is { } features && features.Distinct(StringComparer.Ordinal).Count() != features.Count)
            throw new TrainingDataException("data.features", "a column is named twice");
        for (var i = 0; i < (options.Lags?.Count ?? 0); i++)
        {
            var lag = options.Lags![i];
            var path = $"data.lags[{i}]";
            if (lag?.Column is null || lag.Lags is null || lag.Lags.Count == 0)
                throw new TrainingDataException(path, "needs a column and at least one lag");
            if (frame.Find(lag.Column, path + ".column") is not NumberColumn)
                throw new TrainingDataException(path + ".column", $"'{lag.Column}' holds {DataFrame.Plural(frame[lag.Column])}; lags are for number columns");
            foreach (var step in lag.Lags)
                if (step is < 1 or > LagFeature.Largest)
                    throw new TrainingDataException(path + ".lags", $"must be 1..{LagFeature.Largest} rows back; was {step}");
            if (lag.Lags.Distinct().Count() != lag.Lags.Count)
                throw new TrainingDataException(path + ".lags", "a lag is named twice");
            if (options.Lags.Take(i).Any(other => other.Column == lag.Column))
                throw new TrainingDataException(path + ".column", $"'{lag.Column}' is named twice");
            if (options.Time is null)
                throw new TrainingDataException("data.time", "lags need rows in order of time");
        }
    }

    private static void CheckWeight(TrainingOptions options, DataFrame frame, string weight)
    {
        if (weight == options.Label || weight == options.Time || options.Features?.Contains(weight) == true)
            throw new TrainingDataException("data.weight", $"'{weight}' is the label, the time or a feature");
        if (frame.Find(weight, "data.weight") is not NumberColumn numbers)
            throw new TrainingDataException("data.weight", $"column '{weight}' holds {DataFrame.Plural(frame[weight])}; numbers of 0 or more are needed");
        for (var row = 0; row < numbers.Length; row++)
            if (!(numbers.Values[row] >= 0 && float.IsFinite((float)numbers.Values[row])))
                throw new TrainingDataException("data.weight",
                    string.Create(
                        System.Globalization.CultureInfo.InvariantCulture,
                        $"row {row + 1} has {(numbers.IsMissing(row) ? "no weight" : $"the weight {numbers.Values[row]}")}; numbers of 0 or more are needed"));
    }

    private static IEnumerable<string> FeatureColumns(TrainingOptions options, DataFrame frame) =>
        options.Features ?? frame.Columns.Select(c => c.Name).Where(n => n != options.Label && n != options.Time && n != options.Weight);

    private static FeatureInput? Input(Column column, ReadOnlySpan<int> rows, CategoryEncoding encoding)
    {
        var input = new FeatureInput { Name = column.Name, Column = column.Name, Kind = column.Kind };
        if (column is not CategoryColumn categories)
            return input;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var name = categories.Values[row] ?? "";
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }
        var kept = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(MaxCategories)
            .Select(c => c.Key).Order(StringComparer.Ordinal).ToArray();
        // No row at all: a column without information.
        return kept.Length == 0 ? null : input with { Categories = kept, Encoding = encoding };
    }
}
