namespace Iml4e.Tests.Unit.Inference.Onnx.Hostile;

/// <summary>Writes the wire format of protobuf by hand, mistakes included.</summary>
internal sealed class ProtobufWriter
{
    private readonly List<byte> _bytes = [];

    /// <summary>A field of bytes: text, message or packed numbers.</summary>
    public void Field(int number, byte[] value)
    {
        Head(number, value.Length);
        _bytes.AddRange(value);
    }

    /// <summary>The beginning of a field of bytes, which may not follow.</summary>
    public void Head(int number, long length)
    {
        Number((ulong)number << 3 | 2);
        Number((ulong)length);
    }

    public byte[] ToArray() => [.. _bytes];

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
