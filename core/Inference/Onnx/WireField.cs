using Google.Protobuf.Reflection;

namespace Iml4e.Inference.Onnx;

/// <summary>What a field of an ONNX message is, as far as it matters before the file is read.</summary>
/// <param name="Descriptor">The field.</param>
/// <param name="Message">Schema of the message in it; null for other fields.</param>
/// <param name="Text">Whether, and how strictly, it is looked at as a text.</param>
/// <param name="ElementBytes">Memory that an element takes at least once it is read.</param>
internal sealed record WireField(FieldDescriptor Descriptor, WireSchema? Message, WireText Text, int ElementBytes)
{
    /// <summary>Wire type of a single element: 0 variable integer, 1 eight bytes, 2 a length and bytes, 5 four bytes.</summary>
    public int WireType { get; } = Descriptor.FieldType switch
    {
        FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64 => 1,
        FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32 => 5,
        FieldType.Message or FieldType.String or FieldType.Bytes => 2,
        _ => 0,
    };

    /// <summary>Whether its elements may be packed into one field.</summary>
    public bool MayBePacked => Descriptor.IsRepeated && WireType != 2;
}
