namespace Iml4e.Learning.BoostedTrees;

/// <summary>Rows in the form the booster reads: float32, NaN = missing, with labels.</summary>
internal sealed unsafe class DMatrix : IDisposable
{
    /// <summary>Copies row-major values (rows × columns); labels may be absent for prediction.</summary>
    public DMatrix(ReadOnlySpan<float> values, int rows, int columns, ReadOnlySpan<float> labels, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, (long)rows * columns);
        XgboostNative.EnsureAvailable();
        Rows = rows;
        Columns = columns;
        fixed (float* data = values)
        {
            XgboostNative.Check(XgboostNative.XGDMatrixCreateFromMat(data, (ulong)rows, (ulong)columns, float.NaN, out var created, threads));
            Handle = new DMatrixHandle(created);
        }
        if (!labels.IsEmpty)
            Set("label", labels);
    }

    public DMatrixHandle Handle { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Gives each row its weight, 0 or more.</summary>
    public void Weigh(ReadOnlySpan<float> weights) => Set("weight", weights);

    /// <summary>Says which columns hold codes of categories (0, 1, …) and not quantities.</summary>
    public void DeclareCategories(IReadOnlySet<int> columns)
    {
        var types = new string[Columns];
        for (var column = 0; column < Columns; column++)
            types[column] = columns.Contains(column) ? "c" : "float";
        XgboostNative.Check(XgboostNative.XGDMatrixSetStrFeatureInfo(Handle, "feature_type", types, (ulong)types.Length));
    }

    public void Dispose() => Handle.Dispose();

    private void Set(string field, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Rows);
        fixed (float* data = values)
            XgboostNative.Check(XgboostNative.XGDMatrixSetFloatInfo(Handle, field, data, (ulong)values.Length));
    }
}
