namespace Iml4e.Learning.BoostedTrees;

/// <summary>Trees that XGBoost holds.</summary>
internal sealed class NativeTrees(Booster booster, int threads) : IBoostedTrees
{
    public float[] Predict(ReadOnlySpan<float> values, int rows, bool margin)
    {
        using var matrix = new DMatrix(values, rows, values.Length / rows, [], threads);
        return booster.Predict(matrix, margin);
    }

    public byte[] SaveJson() => booster.SaveJson();

    public void Dispose() => booster.Dispose();
}
