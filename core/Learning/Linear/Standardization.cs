namespace Iml4e.Learning.Linear;

/// <summary>Imputation by the median, then (x - mean) / standard deviation; a constant feature gives 0.</summary>
/// <remarks>All numbers are float32, so that the ONNX graph, which computes in float32, subtracts the very same ones.</remarks>
internal sealed record Standardization(float[] Medians, float[] Means, float[] InverseDeviations)
{
    public static Standardization Fit(ReadOnlySpan<float> values, int rows, int columns)
    {
        var medians = new float[columns];
        var means = new float[columns];
        var inverse = new float[columns];
        var present = new float[rows];
        for (var c = 0; c < columns; c++)
        {
            var count = 0;
            for (var r = 0; r < rows; r++)
                if (!float.IsNaN(values[(r * columns) + c]))
                    present[count++] = values[(r * columns) + c];
            var sorted = present.AsSpan(0, count);
            sorted.Sort();
            medians[c] = count == 0 ? 0 : count % 2 == 1 ? sorted[count / 2] : (float)(((double)sorted[(count / 2) - 1] + sorted[count / 2]) / 2);

            var sum = (double)medians[c] * (rows - count);
            foreach (var value in sorted)
                sum += value;
            means[c] = (float)(sum / rows);
            var squares = (rows - count) * Math.Pow((double)medians[c] - means[c], 2);
            foreach (var value in sorted)
                squares += ((double)value - means[c]) * ((double)value - means[c]);
            var deviation = Math.Sqrt(squares / rows);
            // What float32 cannot tell from a constant is one.
            inverse[c] = deviation <= 1e-7 * Math.Max(Math.Abs(means[c]), 1e-20) || !float.IsFinite((float)(1 / deviation)) ? 0 : (float)(1 / deviation);
        }
        return new Standardization(medians, means, inverse);
    }

    /// <summary>One standardised feature, in double.</summary>
    public double Apply(float value, int column) =>
        ((double)(float.IsNaN(value) ? Medians[column] : value) - Means[column]) * InverseDeviations[column];

    /// <summary>The standardised matrix by columns.</summary>
    public double[][] ToColumns(ReadOnlySpan<float> values, int rows)
    {
        var columns = new double[Medians.Length][];
        for (var c = 0; c < columns.Length; c++)
        {
            columns[c] = new double[rows];
            for (var r = 0; r < rows; r++)
                columns[c][r] = Apply(values[(r * columns.Length) + c], c);
        }
        return columns;
    }
}
