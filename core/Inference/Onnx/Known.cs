using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Onnx;

/// <summary>What a file alone tells of a value.</summary>
/// <param name="Type">Type of its elements; undefined when that is not known.</param>
/// <param name="Shape">Its dimensions, -1 for one that is not known; null when not even their number is.</param>
/// <param name="Values">Its elements; null when they are not known, or too many to matter as a size, a condition or a number of rounds.</param>
internal sealed record Known(DataType Type, long[]? Shape, double[]? Values)
{
    /// <summary>Bytes of an element; 1 when its type is not known.</summary>
    public double ElementBytes => Type == DataType.Undefined ? 1 : ElementBits.Of(Type) / 8.0;

    /// <summary>Elements there are at least: dimensions that are not known count as one.</summary>
    public double Elements
    {
        get
        {
            var product = 1.0;
            foreach (var dimension in Shape ?? [])
                product *= dimension < 0 ? 1 : dimension;
            return product;
        }
    }

    /// <summary>The one element; null when it is not known or there are several.</summary>
    public double? Single => Values is [var value] ? value : null;
}
