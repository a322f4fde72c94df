using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>The cotangent of a convolution's weights, in the form that the runtime computes fastest.</summary>
internal static class WeightGradients
{
    // With few channels one product for each place of the window is too small, and with large windows the columns are too many.
    private const long FewChannels = 16;
    private const int ManyPlaces = 9;

    // To copy a number of a long row takes so much less than to move one of a product to its place among the weights.
    private const long CopiesAMove = 8;

    /// <summary>Writes it.</summary>
    /// <param name="x">What the window moved over.</param>
    /// <param name="g">The cotangent of what came out.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="window">How it moved.</param>
    /// <param name="group">Number of groups of channels.</param>
    internal static Term Of(Term x, Term g, Term weights, Window window, long group)
    {
        if (group == 1 && !window.IsPadded && Array.TrueForAll(window.Kernel, k => k == 1))
            return Pointwise(x, g, weights, window);
        if (group == 1 && g.Shape[2..].All(e => e.IsFixed) && weights.Fact.Fixed is { } shape
            && (shape[1] >= FewChannels || window.Kernel.Aggregate(1L, (a, b) => a * b) <= ManyPlaces))
            return Products(x, g, shape, window);
        return Convolution(x, g, weights, window, group);
    }

    /// <summary>Products of matrices: the cotangent, and the part of the input that each place of the window saw.</summary>
    private static Term Products(Term x, Term g, long[] shape, Window window)
    {
        int[] order = [1, 0, .. Enumerable.Range(2, window.Count)];
        var image = Padded(x, window).Transposed(order);
        var rest = Part.Product([g.Shape[0], .. g.Shape[2..]]);
        var (cotangent, seen) = IsShiftable(image, g, shape, window)
            ? Shifted(image, g.Transposed(order), shape, window)
            : Cut(image, g.Transposed(order), shape, rest, window);
        if (shape[1] < FewChannels || (rest.Extent.IsFixed && rest.Extent.First <= CopiesAMove * shape[0]))
        {
            // What each channel saw in all places, in their order: the product is in the order of the weights.
            var columns = Join(Array.ConvertAll(seen, s => s.Reshape(shape[1], 1, Part.Of(s, 1))), 1);
            return Product(cotangent, columns.Reshape(shape[1] * seen.Length, Part.Of(seen[0], 1))).Reshape([.. shape.Select(d => (Part)d)]);
        }

        var products = Join(Array.ConvertAll(seen, s => Product(cotangent, s)), 0);
        return products.Reshape(seen.Length, shape[0], shape[1]).Transposed(1, 2, 0).Reshape([.. shape.Select(d => (Part)d)]);
    }

    // What one place saw are short rows out of longer ones, one by one.
    private static (Term Cotangent, Term[] Seen) Cut(Term image, Term g, long[] shape, Part rest, Window window) =>
        (g.Reshape(shape[0], rest), [.. Places(window).Select(p => Seen(image, g, window, p).Reshape(shape[1], rest))]);

    /// <summary>
    /// With zeros at the ends of its rows the cotangent lies in memory as the image does, and what a place saw is the image from a later number on, in one piece.
    /// </summary>
    private static (Term Cotangent, Term[] Seen) Shifted(Term image, Term g, long[] shape, Window window)
    {
        var size = image.Shape[2..].Select(e => e.First).ToArray();
        long[] ends = [.. size.Select((s, i) => s - g.Shape[i + 2].First)];
        var wide = g.Graph.Node("Pad", [g.Name, g.Graph.Ints([.. new long[g.Rank + 2], .. ends]).Name], g.Fact with { Shape = [.. g.Shape[..2], .. image.Shape[2..]] });
        var last = Offset(ends);
        var numbers = Part.Product(image.Shape.AsSpan(1));
        var (line, cotangent) = (image.Reshape(shape[1], numbers), From(wide.Reshape(shape[0], numbers), 0));
        return (cotangent, [.. Places(window).Select(p => From(line, Offset([.. p.Select((at, i) => at * window.Dilations[i])])))]);

        long Offset(long[] place) => place.Select((at, i) => at * size[(i + 1)..].Aggregate(1L, (a, b) => a * b)).Sum();

        Term From(Term rows, long first)
        {
            var graph = rows.Graph;
            var (length, left) = (rows.Shape[1], last - first);
            return graph.Node(
                "Slice", [rows.Name, graph.Ints(first).Name, graph.Ints(left == 0 ? long.MaxValue : -left).Name, graph.Ints(1).Name],
                rows.Fact with { Shape = [rows.Shape[0], length.IsFixed ? length.First - last : Extent.Unknown] });
        }
    }

    // In picoseconds, as measured: the start of a row, a number copied, a product added up.
    private static bool IsShiftable(Term image, Term g, long[] shape, Window window)
    {
        const double Row = 19_000, Copy = 400, Add = 18;
        if (window.IsStrided || !Array.TrueForAll(image.Shape[2..], e => e.IsFixed))
            return false;
        var (channels, places) = (shape[1], shape[2..].Aggregate(1L, (a, b) => a * b));
        var seen = g.Shape[2..].Aggregate(1.0, (a, e) => a * e.First);
        var rows = seen / g.Shape[^1].First;
        var wide = image.Shape[2..].Aggregate(1.0, (a, e) => a * e.First);
        var cut = places * channels * (rows * Row + seen * Copy);
        var shifted = places * channels * (wide * Copy + (wide - seen) * shape[0] * Add) + shape[0] * (rows * Row + wide * Copy);
        return shifted < cut;
    }

    private static Term Product(Term a, Term b) =>
        a.Graph.Node("Gemm", [a.Name, b.Name], new TensorFact(a.Fact.Type, [a.Shape[0], b.Shape[0]]), Attr.Int("transB", 1));

    private static Term Join(Term[] parts, int axis)
    {
        if (parts.Length == 1)
            return parts[0];
        var shape = parts[0].Shape.ToArray();
        shape[axis] = parts.Sum(p => p.Shape[axis].First);
        return parts[0].Graph.Node("Concat", [.. parts.Select(p => p.Name)], parts[0].Fact with { Shape = shape }, Attr.Int("axis", axis));
    }

    private static Term Padded(Term x, Window window)
    {
        if (!window.IsPadded)
            return x;
        long[] pads = [0, 0, .. window.Pads[..window.Count], 0, 0, .. window.Pads[window.Count..]];
        var shape = x.Shape.Select((e, i) => e.IsFixed ? (Extent)(e.First + pads[i] + pads[x.Rank + i]) : i < 2 ? e : Extent.Unknown).ToArray();
        return x.Graph.Node("Pad", [x.Name, x.Graph.Ints(pads).Name], x.Fact with { Shape = shape });
    }

    private static IEnumerable<long[]> Places(Window window)
    {
        IEnumerable<long[]> places = [[]];
        foreach (var size in window.Kernel)
            places = places.SelectMany(p => Enumerable.Range(0, (int)size).Select(i => (long[])[.. p, i]));
        return places;
    }

    // What one place of the window saw, of the image [C, N, …].
    private static Term Seen(Term image, Term g, Window window, long[] place)
    {
        var graph = image.Graph;
        var axes = Enumerable.Range(2, window.Count).Select(i => (long)i).ToArray();
        var starts = place.Select((p, i) => p * window.Dilations[i]).ToArray();
        var ends = starts.Select((s, i) => s + (g.Shape[i + 2].First - 1) * window.Strides[i] + 1).ToArray();
        string[] inputs = [image.Name, graph.Ints(starts).Name, graph.Ints(ends).Name, graph.Ints(axes).Name];
        if (window.IsStrided)
            inputs = [.. inputs, graph.Ints(window.Strides).Name];
        return graph.Node("Slice", inputs, image.Fact with { Shape = [image.Shape[0], image.Shape[1], .. g.Shape[2..]] });
    }

    /// <summary>
    /// The convolution of the input with the cotangent of the output, examples and channels exchanged, strides and dilations too; for all groups at once.
    /// </summary>
    private static Term Convolution(Term x, Term g, Term weights, Window window, long group)
    {
        var spatial = Enumerable.Range(2, window.Count).ToArray();
        var perGroup = weights.Shape[1];
        var image = group == 1 ? x.Transposed([1, 0, .. spatial]) : ByGroup(x, group, spatial);
        var kernel = g.Transposed([1, 0, .. spatial]);
        var exchanged = window with { Strides = window.Dilations, Dilations = window.Strides };
        var wide = Array.TrueForAll(spatial, i => x.Shape[i].IsFixed && g.Shape[i].IsFixed)
            ? Array.ConvertAll(spatial, i => WideSize(window, i - 2, x.Shape[i].First, g.Shape[i].First))
            : null;
        var sizes = wide is null ? Array.ConvertAll(spatial, _ => Extent.Unknown) : Array.ConvertAll(wide, s => (Extent)s);
        var fact = new TensorFact(x.Fact.Type, [perGroup, weights.Shape[0], .. sizes]);
        var result = x.Graph.Node("Conv", [image.Name, kernel.Name], fact, [.. exchanged.Attributes(group)]);
        if (wide is null || !wide.SequenceEqual(window.Kernel))
            result = First(result, window.Kernel);
        return result.Transposed([1, 0, .. spatial]);
    }

    private static long WideSize(Window window, int axis, long x, long g) =>
        (x + window.Pads[axis] + window.Pads[window.Count + axis] - ((g - 1) * window.Strides[axis] + 1)) / window.Dilations[axis] + 1;

    private static Term First(Term x, long[] sizes)
    {
        var axes = Enumerable.Range(2, sizes.Length).Select(i => (long)i).ToArray();
        return x.Graph.Node(
            "Slice", [x.Name, x.Graph.Ints(new long[sizes.Length]).Name, x.Graph.Ints(sizes).Name, x.Graph.Ints(axes).Name],
            x.Fact with { Shape = [x.Shape[0], x.Shape[1], .. sizes.Select(s => (Extent)s)] });
    }

    // [N, G·C, …] → [C, G·N, …]
    private static Term ByGroup(Term x, long group, int[] spatial)
    {
        var channels = x.Shape[1].IsFixed ? x.Shape[1].First / group : throw new RankUnknownException(x.Name, "its channels depend on the data");
        Part[] tail = [.. spatial.Select(i => Part.Of(x, i))];
        var split = x.Reshape([Part.Of(x, 0), group, channels, .. tail]);
        var turned = split.Transposed([2, 1, 0, .. spatial.Select(i => i + 1)]);
        return turned.Reshape([channels, Part.Product(group, x.Shape[0]), .. spatial.Select(i => Part.Of(x, i))]);
    }

    private static Term Pointwise(Term x, Term g, Term weights, Window window)
    {
        if (window.IsStrided)
        {
            var axes = Enumerable.Range(2, window.Count).Select(i => (long)i).ToArray();
            var (starts, ends) = (x.Graph.Ints(new long[window.Count]), x.Graph.Ints([.. axes.Select(_ => long.MaxValue)]));
            x = x.Graph.Node(
                "Slice", [x.Name, starts.Name, ends.Name, x.Graph.Ints(axes).Name, x.Graph.Ints(window.Strides).Name],
                x.Fact with { Shape = [.. x.Shape[..2], .. g.Shape[2..]] });
        }

        var left = g.Reshape(Part.Of(g, 0), Part.Of(g, 1), Part.Product(g.Shape.AsSpan(2)));
        var right = x.Reshape(Part.Of(x, 0), Part.Of(x, 1), Part.Product(x.Shape.AsSpan(2)));
        return MatrixRules.Product(left, right.MatrixTransposed()).Summed(false, 0).ReshapedLike(weights);
    }
}
