using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Iml4e.Inference.Onnx;

/// <summary>
/// Walks over an ONNX file as it lies there and refuses it before anything is made of it: lengths that lead outside, messages nested too deeply, more parts
/// than the limits allow, data in other files, names that are none. Nothing is allocated, whatever the file claims to contain.
/// </summary>
internal ref struct WireGuard
{
    private const int ExternalData = 13;
    private const int DataLocation = 14;
    private static readonly SearchValues<byte> Controls = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), 127]);
    private readonly ReadOnlySpan<byte> _file;
    private readonly ModelLimits _limits;
    private readonly long _budget;
    private long _nodes;
    private long _tensors;
    private long _attributes;
    private long _functions;
    private long _properties;
    private long _memory;
    private int _graphs;

    private WireGuard(ReadOnlySpan<byte> file, ModelLimits limits)
    {
        _file = file;
        _limits = limits;
        _budget = limits.MaximumOverheadBytes + 3L * file.Length;
    }

    /// <summary>Looks through a file.</summary>
    /// <exception cref="InvalidModelException">It is no ONNX file, damaged, or beyond the limits.</exception>
    public static void Check(ReadOnlySpan<byte> onnx, ModelLimits limits)
    {
        if (onnx.IsEmpty)
            throw new InvalidModelException("the file is empty");
        if (onnx.Length > limits.MaximumBytes)
            throw new InvalidModelException(string.Create(CultureInfo.InvariantCulture, $"the file has {onnx.Length} bytes; {limits.MaximumBytes} are allowed"));
        var guard = new WireGuard(onnx, limits);
        guard.Message(WireSchema.Model, 0, onnx.Length, 0);
    }

    private void Message(WireSchema schema, int at, int end, int depth)
    {
        if (depth > _limits.MaximumNesting)
            throw Refused($"messages are nested more than {_limits.MaximumNesting} deep");
        Count(schema, depth);
        Remember(schema.EmptyBytes);
        var name = ReadOnlySpan<byte>.Empty;
        var rank = 0;
        while (at < end)
        {
            var key = Number(ref at, end);
            var (number, wireType) = (key >> 3, (int)(key & 7));
            if (number is 0 or > 0x1fff_ffff)
                throw Damaged(at);
            var field = schema.Field((uint)number);
            var start = at;
            var length = Value(wireType, ref at, end);
            if (field is null)
            {
                // Kept as it is by whoever reads the file: an object a field.
                Remember(160 + length);
                continue;
            }

            var packed = field.MayBePacked && wireType == 2;
            if (wireType != field.WireType && !packed)
                throw Refused($"the file is damaged: field {schema.Descriptor.Name}.{field.Descriptor.Name} is stored in another way than ONNX has it");
            if (field.Message is { } inner)
            {
                Message(inner, at - length, at, depth + 1);
                Remember(field.ElementBytes);
            }
            else if (wireType == 2 && !packed)
            {
                Bytes(schema, field, _file.Slice(at - length, length));
                if (field.Text == WireText.Name && field.Descriptor.Name == "name")
                    name = _file.Slice(at - length, length);
            }
            else
            {
                var elements = packed ? Elements(field, at - length, at) : 1;
                if (field.Descriptor.IsRepeated)
                    Remember(elements * field.ElementBytes);
                rank += field.Descriptor.Name == "dims" ? (int)Math.Min(elements, int.MaxValue / 2) : 0;
            }

            if (schema.Descriptor == TensorProto.Descriptor)
                CheckTensorField(number, start, at, name);
            else if (schema.Descriptor == TensorShapeProto.Descriptor)
                rank++;
            if (rank > _limits.MaximumRank)
                throw Refused($"a tensor has more than {_limits.MaximumRank} dimensions");
        }
    }

    private void Count(WireSchema schema, int depth)
    {
        var descriptor = schema.Descriptor;
        if (descriptor == NodeProto.Descriptor)
            Add(ref _nodes, _limits.MaximumNodes, "nodes");
        else if (descriptor == TensorProto.Descriptor)
            Add(ref _tensors, _limits.MaximumTensors, "tensors");
        else if (descriptor == AttributeProto.Descriptor)
            Add(ref _attributes, _limits.MaximumAttributes, "attributes");
        else if (descriptor == FunctionProto.Descriptor)
            Add(ref _functions, _limits.MaximumFunctions, "functions");
        // Two graphs in one model would be merged by whoever reads it.
        else if (descriptor == GraphProto.Descriptor && depth == 1 && ++_graphs > 1)
            throw Refused("the model has more than one graph");
        else if (descriptor == TrainingInfoProto.Descriptor)
            throw Refused("the model carries training information, which is not supported; save it for inference only");
    }

    // The bytes of a value; `at` is behind it afterwards, and the value's own bytes are the last `length` before it.
    private readonly int Value(int wireType, ref int at, int end)
    {
        var start = at;
        switch (wireType)
        {
            case 0:
                Number(ref at, end);
                return at - start;
            case 1 or 5:
                var size = wireType == 1 ? 8 : 4;
                if (end - at < size)
                    throw Damaged(at);
                at += size;
                return size;
            case 2:
                var length = Number(ref at, end);
                if (length > (ulong)(end - at))
                    throw Refused($"the file is damaged or cut off: a part that begins at byte {at} has {length} bytes, and {end - at} are there");
                at += (int)length;
                return (int)length;
            default:
                throw Damaged(at);
        }
    }

    private readonly ulong Number(ref int at, int end)
    {
        var result = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= end)
                throw Damaged(at);
            var b = _file[at++];
            if (shift == 63 && b > 1)
                throw Damaged(at);
            result |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return result;
        }

        throw Damaged(at);
    }

    private readonly long Elements(WireField field, int at, int end)
    {
        if (field.WireType != 0)
        {
            var size = field.WireType == 1 ? 8 : 4;
            return (end - at) % size == 0 ? (end - at) / size : throw Damaged(at);
        }

        // Each number ends with the one byte that has no seventh bit.
        var count = 0L;
        var run = 0;
        foreach (var b in _file[at..end])
        {
            run++;
            if (b >= 0x80 && run < 10)
                continue;
            if (b >= 0x80)
                throw Damaged(at);
            count++;
            run = 0;
        }

        return run == 0 ? count : throw Damaged(end);
    }

    private void Bytes(WireSchema schema, WireField field, ReadOnlySpan<byte> value)
    {
        Remember(field.ElementBytes + value.Length * (field.Text == WireText.None ? 1L : 2L));
        if (schema.Descriptor == StringStringEntryProto.Descriptor)
        {
            _properties += value.Length;
            if (_properties > _limits.MaximumPropertyBytes + _file.Length / 4)
                throw Refused($"the model's properties (metadata_props) have more than {_limits.MaximumPropertyBytes} bytes");
        }

        if (field.Text is WireText.None or WireText.Remark)
            return;
        if (!Utf8.IsValid(value))
            throw Refused($"{Described(schema, field, value)} is not UTF-8");
        if (field.Text != WireText.Name)
            return;
        if (value.Length > _limits.MaximumNameBytes)
            throw Refused($"{Described(schema, field, value)} has {value.Length} bytes; {_limits.MaximumNameBytes} are allowed");
        if (HasControls(value))
            throw Refused($"{Described(schema, field, value)} contains control characters");
    }

    private readonly void CheckTensorField(ulong number, int start, int at, ReadOnlySpan<byte> name)
    {
        var external = number == ExternalData || (number == DataLocation && Number(ref start, at) != 0);
        if (external)
            throw Refused($"tensor {Shown(name)} keeps its data in another file; save the model as one file");
    }

    private static bool HasControls(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAny(Controls))
            return true;
        if (Ascii.IsValid(text))
            return false;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var length);
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) or 0xfeff)
                return true;
            text = text[length..];
        }

        return false;
    }

    private static void Add(ref long count, long limit, string what)
    {
        if (++count > limit)
            throw Refused($"the model has more than {limit} {what}");
    }

    private void Remember(long bytes)
    {
        _memory += bytes;
        if (_memory > _budget)
            throw Refused($"the file would take more than {_budget >> 20} MiB of memory to read");
    }

    private static string Described(WireSchema schema, WireField field, ReadOnlySpan<byte> value) =>
        $"{schema.Descriptor.Name}.{field.Descriptor.Name} {Shown(value)}";

    private static string Shown(ReadOnlySpan<byte> text) => PublicText.Name(Encoding.UTF8.GetString(text[..Math.Min(text.Length, 200)]));

    private static InvalidModelException Damaged(int at) =>
        Refused($"the file is not an ONNX model, or it is damaged or cut off at byte {at}");

    private static InvalidModelException Refused(string message) => new(message);
}
