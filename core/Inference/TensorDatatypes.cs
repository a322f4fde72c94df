using Iml4e.Inference.Onnx;

namespace Iml4e.Inference;

/// <summary>What the protocol and ONNX say about each element type: wire names, element sizes, type numbers.</summary>
public static class TensorDatatypes
{
    private static readonly string[] WireNames =
        ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES", "BF16"];

    private static readonly int[] Sizes = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 0, 2];

    private static readonly TensorProto.Types.DataType[] OnnxTypes =
    [
        TensorProto.Types.DataType.Bool, TensorProto.Types.DataType.Uint8, TensorProto.Types.DataType.Uint16, TensorProto.Types.DataType.Uint32,
        TensorProto.Types.DataType.Uint64, TensorProto.Types.DataType.Int8, TensorProto.Types.DataType.Int16, TensorProto.Types.DataType.Int32,
        TensorProto.Types.DataType.Int64, TensorProto.Types.DataType.Float16, TensorProto.Types.DataType.Float, TensorProto.Types.DataType.Double,
        TensorProto.Types.DataType.String, TensorProto.Types.DataType.Bfloat16,
    ];

    /// <summary>The protocol's name of the type, such as <c>FP32</c> or <c>BYTES</c>.</summary>
    public static string ToWire(this TensorDatatype datatype) => WireNames[(int)datatype];

    /// <summary>Bytes that one element takes; 0 for <see cref="TensorDatatype.Bytes"/>, whose elements vary.</summary>
    public static int ElementSize(this TensorDatatype datatype) => Sizes[(int)datatype];

    /// <summary>The type by its wire name (case counts, as in the protocol).</summary>
    /// <exception cref="FormatException">The name is none of the protocol's.</exception>
    public static TensorDatatype Parse(string wire) =>
        TryParse(wire, out var datatype) ? datatype : throw new FormatException($"'{wire}' is not a datatype; known: {string.Join(", ", WireNames)}");

    /// <summary>The type by its wire name; false when the name is unknown.</summary>
    public static bool TryParse(string? wire, out TensorDatatype datatype)
    {
        var index = Array.IndexOf(WireNames, wire);
        datatype = (TensorDatatype)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>The ONNX element type.</summary>
    public static TensorProto.Types.DataType ToOnnx(this TensorDatatype datatype) => OnnxTypes[(int)datatype];

    /// <summary>The type by ONNX's number; false for those that the protocol does not have (complex, 8-bit floats, 4-bit integers).</summary>
    public static bool TryFromOnnx(int elementType, out TensorDatatype datatype)
    {
        var index = Array.IndexOf(OnnxTypes, (TensorProto.Types.DataType)elementType);
        datatype = (TensorDatatype)Math.Max(index, 0);
        return index >= 0;
    }
}
