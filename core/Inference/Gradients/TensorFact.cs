using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients;

/// <summary>What is known of a value before it is computed.</summary>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its dimensions; null when not even their number is known.</param>
internal sealed record TensorFact(DataType Type, Extent[]? Shape)
{
    /// <summary>Number of dimensions; -1 when unknown.</summary>
    internal int Rank => Shape?.Length ?? -1;

    /// <summary>The shape, if it is the same whatever comes in.</summary>
    internal long[]? Fixed => Shape is { } shape && Array.TrueForAll(shape, e => e.IsFixed) ? Array.ConvertAll(shape, e => e.First) : null;

    /// <summary>Whether the elements are real numbers.</summary>
    internal bool IsReal => Type is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16;

    /// <summary>Whether two values have the same shape whatever comes in.</summary>
    internal bool IsShapedLike(TensorFact other)
    {
        if (Shape is not { } mine || other.Shape is not { } theirs || mine.Length != theirs.Length)
            return false;
        for (var i = 0; i < mine.Length; i++)
        {
            if (!mine[i].IsSame(theirs[i]))
                return false;
        }

        return true;
    }

    /// <summary>The shape of an elementwise operation on both.</summary>
    internal static Extent[]? Broadcast(Extent[]? left, Extent[]? right)
    {
        if (left is null || right is null)
            return null;
        var result = new Extent[Math.Max(left.Length, right.Length)];
        for (var i = 1; i <= result.Length; i++)
        {
            var a = i <= left.Length ? left[^i] : 1;
            var b = i <= right.Length ? right[^i] : 1;
            result[^i] = b.IsOne || a.IsSame(b) ? a : a.IsOne ? b : a.IsFixed ? a : b.IsFixed ? b : Extent.Unknown;
        }

        return result;
    }
}
