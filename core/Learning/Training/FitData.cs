namespace Iml4e.Learning;

/// <summary>A feature matrix with its targets.</summary>
/// <param name="Values">Row-major, rows × columns, float32 as the ONNX graph sees it; NaN = missing.</param>
/// <param name="Columns">Number of features.</param>
/// <param name="Targets">A number, or the index of the class, for each row.</param>
/// <param name="ClassCount">Number of classes; 0 for regression.</param>
internal sealed record FitData(float[] Values, int Columns, double[] Targets, int ClassCount)
{
    public int Rows => Targets.Length;
}
