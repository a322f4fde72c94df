namespace Iml4e.Learning.BoostedTrees;

/// <summary>Training and held-out rows as XGBoost holds them.</summary>
internal sealed class NativeRows(FitData train, FitData? held, int threads) : IDisposable
{
    public DMatrix Train { get; } = Matrix(train, threads);

    public DMatrix? Held { get; } = held is null ? null : Matrix(held, threads);

    public int Threads => threads;

    public void Dispose()
    {
        Train.Dispose();
        Held?.Dispose();
    }

    private static DMatrix Matrix(FitData data, int threads)
    {
        var matrix = new DMatrix(data.Values, data.Rows, data.Columns, Array.ConvertAll(data.Targets, t => (float)t), threads);
        if (data.Weights is not null)
            matrix.Weigh(data.Weights);
        if (data.Schema.CodeFeatures() is { Count: > 0 } codes)
            matrix.DeclareCategories(codes);
        return matrix;
    }
}
