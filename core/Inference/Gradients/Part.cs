namespace Iml4e.Inference.Gradients;

/// <summary>A dimension of a shape that is put together: a number, that of another value, or whatever is left.</summary>
internal readonly record struct Part
{
    private Part(Extent extent, Term? source, int axis) => (Extent, Source, Axis) = (extent, source, axis);

    /// <summary>Its size.</summary>
    internal Extent Extent { get; }

    /// <summary>The value it is taken from; null for a number or the rest.</summary>
    internal Term? Source { get; }

    /// <summary>The dimension that is taken.</summary>
    internal int Axis { get; }

    /// <summary>A fixed size.</summary>
    public static implicit operator Part(long size) => new(size, null, 0);

    /// <summary>What is left of the elements.</summary>
    internal static Part Rest { get; } = new(Extent.Unknown, null, 0);

    /// <summary>A dimension as another value has it.</summary>
    internal static Part Of(Term source, int axis) => new(source.Shape[axis], source, axis);

    /// <summary>The product of some dimensions: a number if they are fixed, else what is left.</summary>
    internal static Part Product(params ReadOnlySpan<Extent> extents)
    {
        var product = 1L;
        foreach (var extent in extents)
        {
            if (!extent.IsFixed)
                return Rest;
            product *= extent.First;
        }

        return product;
    }
}
