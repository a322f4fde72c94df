using Google.Protobuf.Reflection;

namespace Iml4e.Inference.Onnx;

/// <summary>The fields of an ONNX message by number, made once from the generated code.</summary>
internal sealed class WireSchema
{
    private static readonly Dictionary<MessageDescriptor, WireSchema> All = [];
    private WireField?[] _fields = [];

    private WireSchema(MessageDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>Schema of a whole model.</summary>
    public static WireSchema Model { get; } = Of(ModelProto.Descriptor);

    /// <summary>The message.</summary>
    public MessageDescriptor Descriptor { get; }

    /// <summary>Memory that an empty message takes once it is read, in bytes.</summary>
    public int EmptyBytes { get; private set; }

    /// <summary>The field of that number; null for one that is not known.</summary>
    public WireField? Field(uint number) => number < _fields.Length ? _fields[number] : null;

    private static WireSchema Of(MessageDescriptor descriptor)
    {
        if (All.TryGetValue(descriptor, out var known))
            return known;
        var schema = All[descriptor] = new WireSchema(descriptor);
        var fields = descriptor.Fields.InFieldNumberOrder();
        schema._fields = new WireField?[fields.Max(f => f.FieldNumber) + 1];
        foreach (var field in fields)
        {
            schema._fields[field.FieldNumber] = new WireField(
                field, field.FieldType == FieldType.Message ? Of(field.MessageType) : null, TextOf(field), ElementBytesOf(field));
        }

        // A reference or number for each field, an empty list for each that repeats.
        schema.EmptyBytes = 24 + fields.Sum(f => f.IsRepeated ? 40 : 8);
        return schema;
    }

    private static WireText TextOf(FieldDescriptor field) => (field.FieldType, field.Name) switch
    {
        (FieldType.String, "doc_string" or "producer_name" or "producer_version") => WireText.Remark,
        (FieldType.String, "value") => WireText.Value,
        (FieldType.String, _) => WireText.Name,
        _ => WireText.None,
    };

    private static int ElementBytesOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => 8,
        FieldType.String or FieldType.Bytes => 40,
        FieldType.Float or FieldType.Int32 or FieldType.Enum => 4,
        _ => 8,
    };
}
