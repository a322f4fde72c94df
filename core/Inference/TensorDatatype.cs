namespace Iml4e.Inference;

/// <summary>The element types of the Open Inference Protocol.</summary>
public enum TensorDatatype
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned, 8 bits.</summary>
    UInt8,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,

    /// <summary>Signed, 8 bits.</summary>
    Int8,

    /// <summary>Signed, 16 bits.</summary>
    Int16,

    /// <summary>Signed, 32 bits.</summary>
    Int32,

    /// <summary>Signed, 64 bits.</summary>
    Int64,

    /// <summary>IEEE 754 binary16; binary only, never in JSON.</summary>
    FP16,

    /// <summary>IEEE 754 binary32.</summary>
    FP32,

    /// <summary>IEEE 754 binary64.</summary>
    FP64,

    /// <summary>Byte strings of any length; ONNX strings in UTF-8.</summary>
    Bytes,

    /// <summary>The upper half of a binary32; binary only, never in JSON.</summary>
    BF16,
}
