using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Iml4e.Inference.Onnx;

/// <summary>Tensors in ONNX files: reading all storage forms, writing the plain one.</summary>
public static class TensorProtos
{
    /// <summary>The tensor as an ONNX initialiser: numbers as raw little-endian bytes, BYTES as strings.</summary>
    public static TensorProto Write(Tensor tensor)
    {
        var proto = new TensorProto { Name = tensor.Name, DataType = (int)tensor.Datatype.ToOnnx() };
        proto.Dims.AddRange(tensor.Shape);
        if (tensor.Bytes is { } strings)
            proto.StringData.AddRange(strings.Select(s => ByteString.CopyFrom(s)));
        else
            proto.RawData = ByteString.CopyFrom(tensor.Data.Span);
        return proto;
    }

    /// <summary>The tensor of an ONNX initialiser, whether stored as raw bytes or in typed fields.</summary>
    /// <exception cref="InvalidModelException">External data, a type without a counterpart, or sizes that do not agree.</exception>
    public static Tensor Read(TensorProto proto)
    {
        ModelGuard.CheckTensor(proto);
        if (!TensorDatatypes.TryFromOnnx(proto.DataType, out var datatype))
            throw new InvalidModelException($"tensor {PublicText.Name(proto.Name)} has element type {proto.DataType}, which is not supported");
        var shape = proto.Dims.ToArray();
        if (datatype == TensorDatatype.Bytes)
            return new Tensor(proto.Name, proto.StringData.Select(s => s.ToByteArray()).ToArray(), shape);
        try
        {
            return new Tensor(proto.Name, datatype, shape, proto.RawData.Length > 0 ? proto.RawData.Memory : TypedData(proto, datatype));
        }
        catch (ArgumentException e)
        {
            throw new InvalidModelException(e.Message, e);
        }
    }

    private static byte[] TypedData(TensorProto proto, TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.FP32 => Pack<float>(proto.FloatData),
        TensorDatatype.FP64 => Pack<double>(proto.DoubleData),
        TensorDatatype.Int64 => Pack<long>(proto.Int64Data),
        TensorDatatype.UInt64 => Pack<ulong>(proto.Uint64Data),
        TensorDatatype.UInt32 => Narrow(proto.Uint64Data.Select(v => (long)v), 4),
        _ => Narrow(proto.Int32Data.Select(v => (long)v), datatype.ElementSize()),
    };

    private static byte[] Pack<T>(IEnumerable<T> values)
        where T : unmanaged =>
        MemoryMarshal.AsBytes<T>(values.ToArray()).ToArray();

    private static byte[] Narrow(IEnumerable<long> values, int size)
    {
        var items = values.ToArray();
        var result = new byte[items.Length * size];
        Span<byte> wide = stackalloc byte[8];
        for (var i = 0; i < items.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(wide, items[i]);
            wide[..size].CopyTo(result.AsSpan(i * size));
        }

        return result;
    }
}
