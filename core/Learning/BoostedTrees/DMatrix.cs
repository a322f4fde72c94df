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
        if (labels.IsEmpty)
            return;
        fixed (float* data = labels)
            XgboostNative.Check(XgboostNative.XGDMatrixSetFloatInfo(Handle, "label", data, (ulong)labels.Length));
    }

    public DMatrixHandle Handle { get; }

    public int Rows { get; }

    public int Columns { get; }

    public void Dispose() => Handle.Dispose();
}
