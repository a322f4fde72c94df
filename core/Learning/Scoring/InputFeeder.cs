using Iml4e.Inference;

namespace Iml4e.Learning;

/// <summary>Makes a model's input tensors of rows of a frame.</summary>
internal sealed class InputFeeder
{
    private readonly Func<int[], Tensor[]> make;

    private InputFeeder(Func<int[], Tensor[]> make, bool fixedBatch) => (this.make, FixedBatch) = (make, fixedBatch);

    /// <summary>The model takes one row a call.</summary>
    public bool FixedBatch { get; }

    public IReadOnlyList<Tensor> Inputs(ReadOnlySpan<int> rows) => make(rows.ToArray());

    /// <summary>For models we trained.</summary>
    public static InputFeeder BySchema(FeatureSchema schema, DataFrame frame)
    {
        foreach (var input in schema.Inputs)
        {
            if (!frame.Has(input.Column))
                throw new TrainingDataException(
                    "data.features", $"the model needs the column '{input.Column}'; columns: {string.Join(", ", frame.Columns.Select(c => c.Name).Take(100))}");
            var column = frame[input.Column];
            if (column.Kind != input.Kind && column.MissingCount() < column.Length && !(input.Kind == ColumnKind.Category && column is NumberColumn))
                throw new TrainingDataException("data.features",
                    $"column '{input.Column}' holds {DataFrame.Plural(column)} where the model was trained on {input.Kind.ToString().ToLowerInvariant()} values ({column.Assumed ?? "as made"})");
        }
        // History is what came before in time, wherever it stands in the file.
        int[]? order = null, place = null;
        if (schema.Inputs.Any(i => i.History > 0))
        {
            if (schema.Time is { } time)
                order = frame.TimeOrder(time);
            order ??= [.. Enumerable.Range(0, frame.RowCount)];
            place = new int[order.Length];
            for (var i = 0; i < order.Length; i++)
                place[order[i]] = i;
        }
        return new InputFeeder(
            rows => [.. schema.Inputs.Select(i => i.History > 0 ? History(i, frame[i.Column], rows, order!, place!) : Values(i.Name, FeatureGraph.Datatype(i), frame[i.Column], rows, 2))],
            fixedBatch: false);
    }

    /// <summary>For models whose inputs are named like columns, each [N] or [N,1].</summary>
    public static InputFeeder ByName(ModelMetadata metadata, DataFrame frame) =>
        new(rows => [.. metadata.Inputs.Select(i => Values(i.Name, i.Datatype, frame[i.Name], rows, Math.Max(1, i.Shape.Length)))],
            metadata.Inputs.Any(i => i.Shape is [1, ..]));

    /// <summary>For models with one floating-point input.</summary>
    public static InputFeeder AsMatrix(ModelMetadata metadata, DataFrame frame, string? label, ScoringOptions options)
    {
        if (metadata.Inputs is not [{ Datatype: TensorDatatype.FP32 or TensorDatatype.FP64, Shape.Length: >= 1 } input])
            throw new TrainingDataException("model.inputs",
                $"the model has the inputs {string.Join(", ", metadata.Inputs.Select(Describe))}; a frame can be fed to inputs named like columns, or to one FP32 or FP64 input");
        var names = options.Features ?? [.. frame.Columns.Where(c => c is NumberColumn && c.Name != label && c.Name != options.Time).Select(c => c.Name)];
        var columns = names.Select(n => frame.Find(n, "data.features") as NumberColumn
            ?? throw new TrainingDataException("data.features", $"column '{n}' holds {DataFrame.Plural(frame[n])}; the model takes numbers")).ToArray();
        var shape = Shape(input, columns.Length);
        var fixedBatch = input.Shape.Length > 0 && input.Shape[0] == 1;
        if (!fixedBatch && input.Shape[0] > 1)
            throw new TrainingDataException("model.inputs", $"the input {Describe(input)} has a fixed batch of {input.Shape[0]}; a free one, or 1, is needed");
        return new InputFeeder(rows => [Matrix(input, columns, shape, rows)], fixedBatch);
    }

    private static Tensor Matrix(TensorMetadata input, NumberColumn[] columns, long[] shape, int[] rows)
    {
        long[] full = [rows.Length, .. shape];
        if (input.Datatype == TensorDatatype.FP64)
        {
            var doubles = new double[rows.Length * columns.Length];
            for (var r = 0; r < rows.Length; r++)
                for (var c = 0; c < columns.Length; c++)
                    doubles[(r * columns.Length) + c] = columns[c].Values[rows[r]];
            return Tensor.FromDoubles(input.Name, doubles, full);
        }
        var values = new float[rows.Length * columns.Length];
        for (var r = 0; r < rows.Length; r++)
            for (var c = 0; c < columns.Length; c++)
                values[(r * columns.Length) + c] = FeatureExtractor.ToSingle(columns[c].Values[rows[r]], columns[c].Name, rows[r]);
        return Tensor.FromFloats(input.Name, values, full);
    }

    /// <summary>The dimensions behind the batch, with one free dimension worked out.</summary>
    private static long[] Shape(TensorMetadata input, int features)
    {
        var shape = input.Shape.Skip(1).ToArray();
        if (shape.Length == 0)
            return features == 1 ? [] : throw Misfit(input, features);
        var known = shape.Where(d => d > 0).Aggregate(1L, (a, b) => a * b);
        var free = shape.Count(d => d <= 0);
        if (features == 0 || features % known != 0 || (free == 0 && known != features))
            throw Misfit(input, features);
        var first = true;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] > 0)
                continue;
            shape[i] = first ? features / known : 1;
            first = false;
        }
        return shape;
    }

    private static TrainingDataException Misfit(TensorMetadata input, int features) =>
        new("data.features", $"{features} number columns do not fit the model's input {Describe(input)}");

    private static string Describe(TensorMetadata input) => $"{input.Name} {input.Datatype.ToWire()}[{string.Join(',', input.Shape)}]";

    private static Tensor History(FeatureInput input, Column column, int[] rows, int[] order, int[] place)
    {
        var values = new float[rows.Length * input.History];
        Array.Fill(values, float.NaN);
        if (column is NumberColumn numbers)
        {
            for (var r = 0; r < rows.Length; r++)
            {
                var at = place[rows[r]];
                for (var k = Math.Max(0, input.History - at); k < input.History; k++)
                {
                    var row = order[at - input.History + k];
                    values[(r * input.History) + k] = FeatureExtractor.ToSingle(numbers.Values[row], column.Name, row);
                }
            }
        }
        return Tensor.FromFloats(input.Name, values, rows.Length, input.History);
    }

    private static Tensor Values(string name, TensorDatatype datatype, Column column, int[] rows, int rank)
    {
        long[] shape = [rows.Length, .. Enumerable.Repeat(1L, rank - 1)];
        switch (datatype)
        {
            case TensorDatatype.FP32 when column is not CategoryColumn || column.MissingCount() == column.Length:
                return Tensor.FromFloats(name, Array.ConvertAll(rows, r => FeatureExtractor.ToSingle(Number(column, r), column.Name, r)), shape);
            case TensorDatatype.FP64 when column is not CategoryColumn:
                return Tensor.FromDoubles(name, Array.ConvertAll(rows, r => Number(column, r)), shape);
            case TensorDatatype.Int64 when column is TimestampColumn moments:
                return Tensor.FromInt64s(name, Array.ConvertAll(rows, r => moments.Values[r]), shape);
            case TensorDatatype.Int64 when column.MissingCount() == column.Length:
                return Tensor.FromInt64s(name, Array.ConvertAll(rows, _ => TimestampColumn.Missing), shape);
            case TensorDatatype.Int64 when column is NumberColumn:
                return Tensor.FromInt64s(name, Array.ConvertAll(rows, r => Whole(column, r)), shape);
            case TensorDatatype.Bytes when column is not TimestampColumn:
                return Tensor.FromStrings(name, Array.ConvertAll(rows, r => column.IsMissing(r) ? "" : Text(column, r)), shape);
            default:
                throw new TrainingDataException(
                    "data.features", $"column '{column.Name}' holds {DataFrame.Plural(column)}; the model's input '{name}' is {datatype.ToWire()}");
        }
    }

    private static double Number(Column column, int row) => column switch
    {
        _ when column.IsMissing(row) => double.NaN,
        NumberColumn numbers => numbers.Values[row],
        _ => ((TimestampColumn)column).Values[row],
    };

    private static long Whole(Column column, int row) =>
        Number(column, row) is var value && value == Math.Floor(value) && Math.Abs(value) < 9e15
            ? (long)value
            : throw new TrainingDataException($"data.column[{column.Name}]", $"row {row + 1} has no whole number, which the model's INT64 input needs");

    private static string Text(Column column, int row) =>
        column is CategoryColumn names ? names.Values[row]! : Number(column, row).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}
