namespace Iml4e.Inference.Onnx;

/// <summary>How a text in an ONNX file is looked at.</summary>
internal enum WireText
{
    /// <summary>No text.</summary>
    None,

    /// <summary>A name: short, UTF-8, no control characters, for it goes into messages, logs and documents.</summary>
    Name,

    /// <summary>The value of a property: UTF-8 of any length.</summary>
    Value,

    /// <summary>A remark that nothing reads: anything.</summary>
    Remark,
}
