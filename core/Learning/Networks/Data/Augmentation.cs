namespace Iml4e.Learning.Networks;

/// <summary>Random changes to training images [C,H,W], drawn anew for every example of every epoch.</summary>
public sealed record Augmentation
{
    /// <summary>Most pixels that an image is shifted by along each axis; what comes in is 0.</summary>
    public int Shift { get; init; }

    /// <summary>Whether half of the images are mirrored from left to right.</summary>
    public bool Flip { get; init; }

    /// <summary>Most that brightness is changed by: added to every number, in units of the numbers.</summary>
    public double Brightness { get; init; }

    /// <summary>Most that contrast is changed by: 0.2 = differences to the mean times 0.8 to 1.2.</summary>
    public double Contrast { get; init; }

    /// <summary>Standard deviation of the noise added.</summary>
    public double Noise { get; init; }

    /// <summary>Side of a square that is blanked (cutout), in pixels.</summary>
    public int Cutout { get; init; }

    /// <summary>Whether anything is changed.</summary>
    internal bool IsIdle => this is { Shift: 0, Flip: false, Brightness: 0, Contrast: 0, Noise: 0, Cutout: 0 };

    /// <summary>Whether pixels move, for which there must be an image.</summary>
    internal bool NeedsImage => Shift > 0 || Flip || Cutout > 0;

    /// <summary>Writes a changed example.</summary>
    internal void Apply(ReadOnlySpan<float> from, Span<float> to, IReadOnlyList<long> shape, NetworkRandom random)
    {
        if (NeedsImage)
            Move(from, to, shape, random);
        else
            from.CopyTo(to);
        if (Contrast > 0)
        {
            var (mean, factor) = (System.Numerics.Tensors.TensorPrimitives.Sum<float>(to) / to.Length, (float)random.Uniform(1 - Contrast, 1 + Contrast));
            foreach (ref var value in to)
                value = mean + (value - mean) * factor;
        }

        if (Brightness > 0)
            System.Numerics.Tensors.TensorPrimitives.Add(to, (float)random.Uniform(-Brightness, Brightness), to);
        if (Noise > 0)
        {
            foreach (ref var value in to)
                value += (float)(random.Normal() * Noise);
        }
    }

    private void Move(ReadOnlySpan<float> from, Span<float> to, IReadOnlyList<long> shape, NetworkRandom random)
    {
        var (channels, height, width) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var (down, right) = (random.Below(2 * Shift + 1) - Shift, random.Below(2 * Shift + 1) - Shift);
        var mirrored = Flip && random.Below(2) == 1;
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                var row = to.Slice((c * height + y) * width, width);
                row.Clear();
                var source = y - down;
                if (source < 0 || source >= height)
                    continue;
                var (first, last) = (Math.Max(0, right), Math.Min(width, width + right));
                if (first < last)
                    from.Slice((c * height + source) * width + first - right, last - first).CopyTo(row[first..]);
                if (mirrored)
                    row.Reverse();
            }
        }

        if (Cutout > 0)
            Blank(to, channels, height, width, random);
    }

    private void Blank(Span<float> to, int channels, int height, int width, NetworkRandom random)
    {
        var (top, left) = (random.Below(height) - Cutout / 2, random.Below(width) - Cutout / 2);
        var (first, last) = (Math.Max(0, left), Math.Min(width, left + Cutout));
        for (var c = 0; c < channels; c++)
        {
            for (var y = Math.Max(0, top); y < Math.Min(height, top + Cutout); y++)
                to.Slice((c * height + y) * width + first, last - first).Clear();
        }
    }
}
