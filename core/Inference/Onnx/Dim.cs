namespace Iml4e.Inference.Onnx;

/// <summary>A dimension of a declared tensor: a number, or a symbol such as "N" that is free.</summary>
public readonly record struct Dim
{
    /// <summary>A dimension of fixed size.</summary>
    public Dim(long size) => Size = size;

    /// <summary>A free dimension with a name; the empty name is an unknown dimension.</summary>
    public Dim(string symbol) => Symbol = symbol;

    /// <summary>The fixed size; 0 where <see cref="Symbol"/> is set.</summary>
    public long Size { get; }

    /// <summary>Name of a free dimension; null for a fixed one.</summary>
    public string? Symbol { get; }

    /// <summary>A dimension of fixed size.</summary>
    public static implicit operator Dim(long size) => new(size);

    /// <summary>A free dimension.</summary>
    public static implicit operator Dim(string symbol) => new(symbol);

    /// <summary>The dimension in ONNX's words.</summary>
    public TensorShapeProto.Types.Dimension ToProto() => Symbol switch
    {
        null => new TensorShapeProto.Types.Dimension { DimValue = Size },
        "" => new TensorShapeProto.Types.Dimension(),
        _ => new TensorShapeProto.Types.Dimension { DimParam = Symbol },
    };
}
