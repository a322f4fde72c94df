using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Iml4e.Inference;

/// <summary>Memory of a fixed type and shape that a session reads or writes in place, run after run; see <see cref="ModelSession.Bind"/>.</summary>
public sealed class TensorBuffer : IDisposable
{
    // The widest registers load whole lines.
    private const int Alignment = 64;
    private readonly Memory<byte> _memory;

    /// <summary>Zeros.</summary>
    /// <param name="datatype">Any type but <see cref="TensorDatatype.Bytes"/>.</param>
    /// <param name="shape">Dimensions, each at least 0.</param>
    public unsafe TensorBuffer(TensorDatatype datatype, params long[] shape)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(datatype, TensorDatatype.Bytes);
        ElementCount = Tensor.CountElements("buffer", shape);
        (Datatype, Shape) = (datatype, shape);
        var length = checked((int)(ElementCount * datatype.ElementSize()));
        var array = GC.AllocateArray<byte>(length + Alignment, pinned: true);
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        var start = (int)(-address & (Alignment - 1));
        _memory = array.AsMemory(start, length);
        Value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, (TensorElementType)(int)datatype.ToOnnx(), shape, address + start, Math.Max(length, 1));
    }

    /// <summary>Type of the elements.</summary>
    public TensorDatatype Datatype { get; }

    /// <summary>Dimensions.</summary>
    public long[] Shape { get; }

    /// <summary>Number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The memory as the runtime knows it.</summary>
    internal OrtValue Value { get; }

    /// <summary>The elements.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of an element.</exception>
    public Span<T> Span<T>()
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != Datatype.ElementSize())
            throw new ArgumentException($"elements of {Datatype.ToWire()} cannot be seen as {typeof(T).Name}", typeof(T).Name);
        return MemoryMarshal.Cast<byte, T>(_memory.Span);
    }

    /// <summary>A copy of the elements as a tensor.</summary>
    public Tensor ToTensor(string name) => new(name, Datatype, Shape, _memory.ToArray());

    /// <summary>Copies the elements of a tensor in.</summary>
    /// <exception cref="ArgumentException">Its type or number of elements is another.</exception>
    public void Set(Tensor tensor)
    {
        if (tensor.Datatype != Datatype || tensor.ElementCount != ElementCount)
        {
            throw new ArgumentException(
                $"tensor '{tensor.Name}' of {tensor.Datatype.ToWire()} [{string.Join(',', tensor.Shape)}] does not fit {Datatype.ToWire()} [{string.Join(',', Shape)}]",
                nameof(tensor));
        }

        tensor.Data.Span.CopyTo(_memory.Span);
    }

    /// <summary>Sets all elements to 0.</summary>
    public void Clear() => _memory.Span.Clear();

    /// <summary>Lets the runtime forget the memory.</summary>
    public void Dispose() => Value.Dispose();
}
