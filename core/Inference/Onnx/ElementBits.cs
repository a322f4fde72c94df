namespace Iml4e.Inference.Onnx;

/// <summary>How many bits an element of each ONNX type takes.</summary>
internal static class ElementBits
{
    /// <summary>Bits of an element; 8 for strings, whose elements vary, and for types that are not known.</summary>
    internal static int Of(TensorProto.Types.DataType type) => type switch
    {
        TensorProto.Types.DataType.Int4 or TensorProto.Types.DataType.Uint4 or TensorProto.Types.DataType.Float4E2M1 => 4,
        TensorProto.Types.DataType.Float16 or TensorProto.Types.DataType.Bfloat16 or TensorProto.Types.DataType.Int16 or TensorProto.Types.DataType.Uint16 => 16,
        TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Int32 or TensorProto.Types.DataType.Uint32 => 32,
        TensorProto.Types.DataType.Double or TensorProto.Types.DataType.Int64 or TensorProto.Types.DataType.Uint64 or TensorProto.Types.DataType.Complex64 => 64,
        TensorProto.Types.DataType.Complex128 => 128,
        _ => 8,
    };
}
