namespace Iml4e.Inference;

/// <summary>Arithmetic on dimensions that come from outside.</summary>
internal static class ShapeMath
{
    /// <summary>Product of the dimensions; -1 when one is negative, -2 when the product of the others exceeds 64 bits.</summary>
    /// <remarks>A zero does not excuse an overflow of the remaining dimensions: native code may multiply in another order.</remarks>
    internal static long TryCount(ReadOnlySpan<long> shape)
    {
        var product = (Int128)1;
        var zero = false;
        foreach (var dimension in shape)
        {
            if (dimension < 0)
                return -1;
            if (dimension == 0)
            {
                zero = true;
                continue;
            }

            if (product > long.MaxValue / dimension)
                product = (Int128)long.MaxValue + 1;
            else
                product *= dimension;
        }

        if (product > long.MaxValue)
            return -2;
        return zero ? 0 : (long)product;
    }
}
