namespace Iml4e.Learning.BoostedTrees;

/// <summary>Trees that are done.</summary>
internal interface IBoostedTrees : IDisposable
{
    /// <summary>Predictions, row-major: [rows] or [rows × classes].</summary>
    float[] Predict(ReadOnlySpan<float> values, int rows, bool margin);

    /// <summary>The model as XGBoost's JSON, UTF-8.</summary>
    byte[] SaveJson();
}
