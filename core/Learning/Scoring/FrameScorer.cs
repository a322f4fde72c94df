using Iml4e.Inference;

namespace Iml4e.Learning;

/// <summary>Feeds the rows of a frame to a model and reads its answers.</summary>
/// <remarks>
/// Three kinds of model can be fed: ours (the schema in their properties says how, histories included); models whose every input is named like a column;
/// and models with one floating-point input of [N,F] or any shape behind the batch that holds F numbers, which gets the feature columns in order.
/// A model with a fixed batch of 1 is asked row by row.
/// </remarks>
public static class FrameScorer
{
    /// <summary>Scores the frame.</summary>
    /// <param name="session">The model.</param>
    /// <param name="frame">The rows, in any order: predictions come in the frame's order (or that of <see cref="ScoringOptions.Rows"/>).</param>
    /// <param name="label">The label column, which is never a feature; null when the frame has none.</param>
    /// <param name="options">Rows, features, chunk.</param>
    /// <param name="ct">Stops the run.</param>
    /// <exception cref="TrainingDataException">The frame cannot be fed to this model; says why.</exception>
    public static Predictions Score(ModelSession session, DataFrame frame, string? label = null, ScoringOptions? options = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(frame);
        options ??= new ScoringOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkRows, 1);
        var rows = options.Rows is null ? [.. Enumerable.Range(0, frame.RowCount)] : options.Rows.ToArray();
        foreach (var row in rows)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)frame.RowCount, nameof(options));
        var feeder = Feeder(session.Metadata, frame, label, options);
        var reader = new OutputReader(session.Metadata, rows.Length);
        var chunk = feeder.FixedBatch ? 1 : options.ChunkRows;
        for (var start = 0; start < rows.Length; start += chunk)
        {
            ct.ThrowIfCancellationRequested();
            var part = rows.AsMemory(start, Math.Min(chunk, rows.Length - start));
            var answers = session.Run(feeder.Inputs(part.Span), reader.Wanted, ct);
            reader.Add(answers, start, part.Length);
        }
        return reader.ToPredictions();
    }

    /// <summary>What the rows of a frame are for a model: its input tensors, a row of the frame each row, as <see cref="Score"/> feeds them.</summary>
    /// <param name="metadata">The model.</param>
    /// <param name="frame">The rows, in any order.</param>
    /// <param name="label">The label column, which is never a feature; null when the frame has none.</param>
    /// <param name="options">Rows and features.</param>
    /// <exception cref="TrainingDataException">The frame cannot be fed to this model; says why.</exception>
    public static IReadOnlyList<Tensor> Inputs(ModelMetadata metadata, DataFrame frame, string? label = null, ScoringOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(frame);
        options ??= new ScoringOptions();
        return Feeder(metadata, frame, label, options).Inputs(options.Rows is null ? [.. Enumerable.Range(0, frame.RowCount)] : [.. options.Rows]);
    }

    /// <summary>Each row's true class as the models name it ("1" for 1.0); null where there is none.</summary>
    public static string?[] TrueLabels(DataFrame frame, string label)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var column = frame.Find(label, "data.label");
        var labels = new string?[frame.RowCount];
        for (var row = 0; row < labels.Length; row++)
            labels[row] = Classes.Text(column, row);
        return labels;
    }

    /// <summary>Each row's true number; NaN where there is none.</summary>
    public static double[] TrueValues(DataFrame frame, string label)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return frame.Find(label, "data.label") is NumberColumn numbers
            ? numbers.Values
            : throw new TrainingDataException("data.label", $"column '{label}' holds {DataFrame.Plural(frame[label])}, not numbers");
    }

    private static InputFeeder Feeder(ModelMetadata metadata, DataFrame frame, string? label, ScoringOptions options)
    {
        if (metadata.Properties.TryGetValue(FeatureSchema.PropertyName, out var json))
            return InputFeeder.BySchema(FeatureSchema.FromJson(json), frame);
        if (metadata.Inputs.All(i => frame.Has(i.Name) && i.Name != label && i.Shape.Length <= 2 && i.Shape.Skip(1).All(d => d == 1)))
            return InputFeeder.ByName(metadata, frame);
        return InputFeeder.AsMatrix(metadata, frame, label, options);
    }
}
