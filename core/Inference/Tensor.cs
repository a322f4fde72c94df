using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Iml4e.Inference;

/// <summary>A named, row-major tensor: numbers as little-endian bytes, BYTES as byte strings.</summary>
/// <remarks>The data are wrapped, not copied; whoever hands them over must leave them alone afterwards.</remarks>
public sealed class Tensor
{
    /// <summary>Wraps numeric or boolean data.</summary>
    /// <param name="name">Name of the model's input or output.</param>
    /// <param name="datatype">Any type but <see cref="TensorDatatype.Bytes"/>.</param>
    /// <param name="shape">Dimensions, each at least 0; empty for a scalar.</param>
    /// <param name="data">Exactly product(shape) elements, little-endian; booleans are 0 or 1.</param>
    /// <exception cref="ArgumentException">The shape and the number of bytes do not agree, or a boolean is neither 0 nor 1.</exception>
    public Tensor(string name, TensorDatatype datatype, long[] shape, ReadOnlyMemory<byte> data)
    {
        if (datatype == TensorDatatype.Bytes)
            throw new ArgumentException($"tensor '{name}': BYTES elements are given as byte strings", nameof(datatype));
        ElementCount = CountElements(name, shape);
        if ((Int128)ElementCount * datatype.ElementSize() != data.Length)
            throw new ArgumentException(
                $"tensor '{name}': shape [{string.Join(',', shape)}] of {datatype.ToWire()} needs {(Int128)ElementCount * datatype.ElementSize()} bytes, got {data.Length}",
                nameof(data));
        if (datatype == TensorDatatype.Bool && data.Span.IndexOfAnyExceptInRange((byte)0, (byte)1) >= 0)
            throw new ArgumentException($"tensor '{name}': a BOOL element is neither 0 nor 1", nameof(data));
        (Name, Datatype, Shape, Data) = (name, datatype, shape, data);
    }

    /// <summary>Wraps byte strings.</summary>
    /// <exception cref="ArgumentException">The number of strings is not product(shape).</exception>
    public Tensor(string name, byte[][] bytes, long[] shape)
    {
        ElementCount = CountElements(name, shape);
        if (ElementCount != bytes.Length)
            throw new ArgumentException($"tensor '{name}': shape [{string.Join(',', shape)}] needs {ElementCount} elements, got {bytes.Length}", nameof(bytes));
        (Name, Datatype, Shape, Bytes) = (name, TensorDatatype.Bytes, shape, bytes);
    }

    private Tensor(Tensor other, string name, long[] shape)
    {
        (Name, Datatype, Shape, Data, Bytes, ElementCount) = (name, other.Datatype, shape, other.Data, other.Bytes, other.ElementCount);
    }

    private Tensor(Tensor other, ReadOnlyMemory<byte> data)
    {
        (Name, Datatype, Shape, Data, ElementCount) = (other.Name, other.Datatype, other.Shape, data, other.ElementCount);
    }

    private Tensor(Tensor other, long[] shape, ReadOnlyMemory<byte> data)
    {
        (Name, Datatype, Shape, Data, ElementCount) = (other.Name, other.Datatype, shape, data, data.Length / other.Datatype.ElementSize());
    }

    /// <summary>Name of the model's input or output.</summary>
    public string Name { get; }

    /// <summary>Type of the elements.</summary>
    public TensorDatatype Datatype { get; }

    /// <summary>Dimensions, outermost first; empty for a scalar.</summary>
    public long[] Shape { get; }

    /// <summary>The elements as little-endian bytes; empty for BYTES.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The elements of a BYTES tensor; null for the other types.</summary>
    public byte[][]? Bytes { get; }

    /// <summary>
    /// The elements as the JSON array in which they came, when that was flat and without white space; else empty. Lies in the request's body, and lives as
    /// long. Changed shapes, parts and copies do not have it.
    /// </summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>Product of the dimensions.</summary>
    public long ElementCount { get; }

    /// <summary>A FP32 tensor; the values are copied.</summary>
    public static Tensor FromFloats(string name, ReadOnlySpan<float> values, params long[] shape) => Copy(name, TensorDatatype.FP32, values, shape);

    /// <summary>A FP64 tensor; the values are copied.</summary>
    public static Tensor FromDoubles(string name, ReadOnlySpan<double> values, params long[] shape) => Copy(name, TensorDatatype.FP64, values, shape);

    /// <summary>An INT64 tensor; the values are copied.</summary>
    public static Tensor FromInt64s(string name, ReadOnlySpan<long> values, params long[] shape) => Copy(name, TensorDatatype.Int64, values, shape);

    /// <summary>An INT32 tensor; the values are copied.</summary>
    public static Tensor FromInt32s(string name, ReadOnlySpan<int> values, params long[] shape) => Copy(name, TensorDatatype.Int32, values, shape);

    /// <summary>A UINT8 tensor; the values are copied.</summary>
    public static Tensor FromUInt8s(string name, ReadOnlySpan<byte> values, params long[] shape) => Copy(name, TensorDatatype.UInt8, values, shape);

    /// <summary>A FP16 tensor; the values are copied.</summary>
    public static Tensor FromHalves(string name, ReadOnlySpan<Half> values, params long[] shape) => Copy(name, TensorDatatype.FP16, values, shape);

    /// <summary>A BOOL tensor; the values are copied.</summary>
    public static Tensor FromBools(string name, ReadOnlySpan<bool> values, params long[] shape)
    {
        var data = new byte[values.Length];
        for (var i = 0; i < values.Length; i++)
            data[i] = values[i] ? (byte)1 : (byte)0;
        return new Tensor(name, TensorDatatype.Bool, shape, data);
    }

    /// <summary>A BYTES tensor of UTF-8 strings.</summary>
    public static Tensor FromStrings(string name, IReadOnlyList<string> values, params long[] shape)
    {
        var bytes = new byte[values.Count][];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = Encoding.UTF8.GetBytes(values[i]);
        return new Tensor(name, bytes, shape);
    }

    /// <summary>The same data under another name.</summary>
    public Tensor WithName(string name) => new(this, name, Shape);

    /// <summary>The same data in another shape of as many elements.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public Tensor Reshape(params long[] shape) =>
        CountElements(Name, shape) == ElementCount
            ? new Tensor(this, Name, shape)
            : throw new ArgumentException($"tensor '{Name}': [{string.Join(',', Shape)}] cannot become [{string.Join(',', shape)}]", nameof(shape));

    /// <summary>The same tensor over memory of its own.</summary>
    public Tensor Copy() => Bytes is null ? new(this, Data.ToArray()) : this;

    /// <summary>Rows of the first dimension; the data are not copied.</summary>
    /// <param name="start">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A scalar, or rows that are not there.</exception>
    public Tensor Rows(long start, long count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(Shape.Length, nameof(Shape));
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Shape[0]);
        long[] shape = [count, .. Shape.AsSpan(1)];
        var elements = Shape[0] == 0 ? 0 : ElementCount / Shape[0];
        return Bytes is not null
            ? new Tensor(Name, Bytes[(int)(start * elements)..(int)((start + count) * elements)], shape)
            : new Tensor(this, shape, Data.Slice((int)(start * elements) * Datatype.ElementSize(), (int)(count * elements) * Datatype.ElementSize()));
    }

    /// <summary>The elements as they lie in memory, for instance <c>Span&lt;float&gt;()</c> of a FP32 tensor.</summary>
    /// <exception cref="InvalidOperationException">BYTES, or the size of <typeparamref name="T"/> is not that of an element.</exception>
    public ReadOnlySpan<T> Span<T>()
        where T : unmanaged
    {
        if (Bytes is not null || System.Runtime.CompilerServices.Unsafe.SizeOf<T>() != Datatype.ElementSize())
            throw new InvalidOperationException($"tensor '{Name}' of {Datatype.ToWire()} cannot be read as {typeof(T).Name}");
        return MemoryMarshal.Cast<byte, T>(Data.Span);
    }

    /// <summary>All elements as doubles; booleans as 0 and 1. 64-bit integers beyond 2^53 are rounded.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds BYTES.</exception>
    public double[] ToDoubles()
    {
        var result = new double[ElementCount];
        switch (Datatype)
        {
            case TensorDatatype.FP32: Convert(Span<float>(), result); break;
            case TensorDatatype.FP64: Span<double>().CopyTo(result); break;
            case TensorDatatype.FP16: Convert(Span<Half>(), result); break;
            case TensorDatatype.BF16:
                var halves = Span<ushort>();
                for (var i = 0; i < halves.Length; i++)
                    result[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                break;
            case TensorDatatype.Bool or TensorDatatype.UInt8: Convert(Span<byte>(), result); break;
            case TensorDatatype.Int8: Convert(Span<sbyte>(), result); break;
            case TensorDatatype.UInt16: Convert(Span<ushort>(), result); break;
            case TensorDatatype.Int16: Convert(Span<short>(), result); break;
            case TensorDatatype.UInt32: Convert(Span<uint>(), result); break;
            case TensorDatatype.Int32: Convert(Span<int>(), result); break;
            case TensorDatatype.UInt64: Convert(Span<ulong>(), result); break;
            case TensorDatatype.Int64: Convert(Span<long>(), result); break;
            default: throw new InvalidOperationException($"tensor '{Name}' of BYTES holds no numbers");
        }

        return result;
    }

    /// <summary>All elements as text: BYTES decoded from UTF-8, integers without loss, other numbers in the shortest form that reads back the same.</summary>
    public string[] ToStrings()
    {
        if (Bytes is not null)
            return Array.ConvertAll(Bytes, Encoding.UTF8.GetString);
        return Datatype switch
        {
            TensorDatatype.Int64 => Format(Span<long>()),
            TensorDatatype.UInt64 => Format(Span<ulong>()),
            TensorDatatype.FP32 => Format(Span<float>()),
            TensorDatatype.Bool => Array.ConvertAll(Data.ToArray(), b => b == 0 ? "false" : "true"),
            _ => Format<double>(ToDoubles()),
        };
    }

    /// <summary>Product of the dimensions.</summary>
    /// <exception cref="ArgumentException">A dimension is negative, or the product exceeds 64 bits.</exception>
    internal static long CountElements(string name, ReadOnlySpan<long> shape)
    {
        var count = ShapeMath.TryCount(shape);
        return count >= 0 ? count : throw new ArgumentException($"tensor '{name}': shape [{string.Join(',', shape.ToArray())}] is negative or too large", nameof(shape));
    }

    private static Tensor Copy<T>(string name, TensorDatatype datatype, ReadOnlySpan<T> values, long[] shape)
        where T : unmanaged =>
        new(name, datatype, shape, MemoryMarshal.AsBytes(values).ToArray());

    private static void Convert<T>(ReadOnlySpan<T> from, double[] to)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = double.CreateChecked(from[i]);
    }

    private static string[] Format<T>(ReadOnlySpan<T> values)
        where T : IFormattable
    {
        var result = new string[values.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = values[i].ToString(null, CultureInfo.InvariantCulture);
        return result;
    }
}
