using System.Numerics.Tensors;

namespace Iml4e.Learning.BoostedTrees.Managed;

/// <summary>Trees that were made without the native library.</summary>
internal sealed class ManagedTrees(ManagedSettings settings, int columns, IReadOnlyList<GrownTree> trees) : IBoostedTrees
{
    public float[] Predict(ReadOnlySpan<float> values, int rows, bool margin)
    {
        var result = settings.Start(rows);
        for (var row = 0; row < rows; row++)
        {
            var own = result.AsSpan(row * settings.Groups, settings.Groups);
            for (var k = 0; k < trees.Count; k++)
                own[k % settings.Groups] += trees[k].Predict(values.Slice(row * columns, columns));
            if (!margin && settings.Objective.Link == MarginLink.Logistic)
                TensorPrimitives.Sigmoid<float>(own, own);
            else if (!margin && settings.Objective.IsMulticlass)
                TensorPrimitives.SoftMax<float>(own, own);
        }
        return result;
    }

    public byte[] SaveJson() => XgboostJson.Write(settings, columns, trees);

    public void Dispose()
    {
        // Nothing native here.
    }
}
