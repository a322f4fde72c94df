namespace Iml4e.Inference.Gradients;

/// <summary>The size of a dimension in each of two trial runs; where they are equal it is fixed.</summary>
/// <param name="First">Size in the first run; -1 = depends on the data.</param>
/// <param name="Second">Size in the second run, all free dimensions larger.</param>
/// <param name="Apart">What tells dimensions apart that were as large in both, from further runs in which free dimensions of different names differ.</param>
internal readonly record struct Extent(long First, long Second, long Apart = 0)
{
    /// <summary>A size that depends on the data.</summary>
    internal static Extent Unknown { get; } = new(-1, -1);

    /// <summary>Whether the size is the same whatever comes in.</summary>
    internal bool IsFixed => First >= 0 && First == Second && Apart == 0;

    /// <summary>Whether the dimension is 1 whatever comes in.</summary>
    internal bool IsOne => IsFixed && First == 1;

    /// <summary>A fixed size.</summary>
    public static implicit operator Extent(long size) => new(size, size);

    /// <summary>Whether two dimensions are equal whatever comes in.</summary>
    internal bool IsSame(Extent other) => First >= 0 && Equals(other);
}
