namespace Iml4e.Inference.OpenInference;

/// <summary>What a model predicted, as the prediction log keeps it.</summary>
/// <param name="Values">The first numeric output (other than the label), row after row; null when there is none. May hold NaN and infinities.</param>
/// <param name="Labels">The predicted labels, one a row; null when the model gives none.</param>
/// <param name="RowLength">Values a row.</param>
public sealed record PredictionOutputs(double[]? Values, string[]? Labels, int RowLength)
{
    // The names that trainers and converters give to the predicted class.
    private static readonly string[] LabelNames = ["label", "output_label", "class", "predicted_label"];

    /// <summary>Picks the predictions out of a model's outputs.</summary>
    /// <remarks>Labels are the first BYTES output, else an integer output named like a label.</remarks>
    public static PredictionOutputs From(IReadOnlyList<Tensor> outputs)
    {
        Tensor? label = null, named = null, numeric = null;
        for (var i = 0; i < outputs.Count; i++)
        {
            if (outputs[i].Bytes is not null)
                label ??= outputs[i];
            else if (IsInteger(outputs[i].Datatype) && LabelNames.Contains(outputs[i].Name, StringComparer.OrdinalIgnoreCase))
                named ??= outputs[i];
        }

        label ??= named;
        for (var i = 0; i < outputs.Count && numeric is null; i++)
            numeric = outputs[i] != label && outputs[i].Bytes is null ? outputs[i] : null;
        var rows = numeric is { Shape.Length: > 0 } ? numeric.Shape[0] : 1;
        return new PredictionOutputs(numeric?.ToDoubles(), label?.ToStrings(), numeric is null || rows == 0 ? 0 : (int)(numeric.ElementCount / rows));
    }

    /// <summary>The values of one row.</summary>
    public ReadOnlySpan<double> Row(int row) => Values.AsSpan(row * RowLength, RowLength);

    private static bool IsInteger(TensorDatatype datatype) => datatype is TensorDatatype.Int64 or TensorDatatype.Int32 or TensorDatatype.UInt8 or TensorDatatype.Int8
        or TensorDatatype.UInt16 or TensorDatatype.Int16 or TensorDatatype.UInt32 or TensorDatatype.UInt64;
}
