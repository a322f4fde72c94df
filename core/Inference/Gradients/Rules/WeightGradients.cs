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
        var rest = Part.Product([g.Shape[0], .. g.Shape[2..]]);
        var joined = shape[1] < FewChannels || (rest.Extent.IsFixed && rest.Extent.First <= CopiesAMove * shape[0]);
        var pairs = WeightGradientCost.Least(x, g, shape, window, joined) switch
        {
            WeightGradientWay.Masked => Masked(x, g, shape, window),
            WeightGradientWay.Shifted => Shifted(x, g, shape, window),
            _ => Cut(x, g, shape, rest, window),
        };
        if (joined)
        {
            // What each channel saw in all places, in their order: the product is in the order of the weights.
            var columns = Join(Array.ConvertAll(pairs, p => p.Seen.Reshape(shape[1], 1, Part.Of(p.Seen, 1))), 1);
            return Product(pairs[0].Cotangent, columns.Reshape(shape[1] * pairs.Length, Part.Of(pairs[0].Seen, 1))).Reshape([.. shape.Select(d => (Part)d)]);
        }

        var products = Join(Array.ConvertAll(pairs, p => Product(p.Cotangent, p.Seen)), 0);
        return products.Reshape(pairs.Length, shape[0], shape[1]).Transposed(1, 2, 0).Reshape([.. shape.Select(d => (Part)d)]);
    }

    // What one place saw are short rows out of longer ones, one by one.
    private static (Term Cotangent, Term Seen)[] Cut(Term x, Term g, long[] shape, Part rest, Window window)
    {
        var (image, cotangent) = (Padded(x, window.Pads).Transposed(Order(x)), g.Transposed(Order(g)).Reshape(shape[0], rest));
        return [.. Places(window.Kernel).Select(p => (cotangent, Seen(image, g, window, p).Reshape(shape[1], rest)))];
    }

    /// <summary>
    /// With zeros at the ends of its rows the cotangent lies in memory as the image does, and what a place saw is the image from a later number on, in one
    /// piece.
    /// </summary>
    private static (Term Cotangent, Term Seen)[] Shifted(Term x, Term g, long[] shape, Window window)
    {
        var image = Padded(x, window.Pads).Transposed(Order(x));
        long[] ends = [.. Enumerable.Range(0, window.Count).Select(i => image.Shape[i + 2].First - g.Shape[i + 2].First)];
        var wide = Padded(g.Transposed(Order(g)), [.. new long[window.Count], .. ends]);
        var (last, line) = (Offset(ends, image), Line(image, shape[1]));
        var cotangent = From(Line(wide, shape[0]), 0, last);
        return [.. Places(window.Kernel).Select(p => (cotangent, From(line, Offset([.. p.Select((at, i) => at * window.Dilations[i])], image), last)))];
    }

    /// <summary>
    /// Where the last axis keeps its size its rows need no zeros: what a place saw beyond the end of a row is the begin of the next one, and the cotangent
    /// is masked there instead. It is the cotangent that is moved along the last axis, and the image along the others.
    /// </summary>
    private static (Term Cotangent, Term Seen)[] Masked(Term x, Term g, long[] shape, Window window)
    {
        var axis = window.Count - 1;
        long[] pads = [.. window.Pads];
        (pads[axis], pads[axis + window.Count]) = (0, 0);
        var image = Padded(x, pads).Transposed(Order(x));
        long[] ends = [.. Enumerable.Range(0, window.Count).Select(i => image.Shape[i + 2].First - g.Shape[i + 2].First)];
        // One row of zeros before each, so that there is something to move into.
        long[] first = [.. Enumerable.Range(0, window.Count).Select(i => i == axis - 1 ? 1L : 0)];
        var wide = Padded(g.Transposed(Order(g)), [.. first, .. ends.Zip(first, (e, f) => e - f)]);
        var (width, last) = (image.Shape[^1].First, Offset(ends, image));
        var columns = Enumerable.Range(0, (int)window.Kernel[axis]).Select(j => j * window.Dilations[axis] - window.Pads[axis]).ToArray();
        var cotangents = Array.ConvertAll(columns, c => From(Line(Within(wide, c), shape[0]), width - c, last));
        var line = Line(image, shape[1]);
        var seen = Places(window.Kernel[..axis]).Select(p => From(line, Offset([.. p.Select((at, i) => at * window.Dilations[i]), 0], image), last));
        return [.. seen.SelectMany(_ => cotangents, (s, c) => (c, s))];
    }

    // Zero where another column, so many on, is not of the same row.
    private static Term Within(Term g, long column)
    {
        if (column == 0)
            return g;
        var (width, rows) = ((int)g.Shape[^1].First, (int)g.Shape[^2].First);
        var mask = Enumerable.Range(0, rows * width).Select(i => i % width + column is var c && c >= 0 && c < width ? 1.0 : 0).ToArray();
        return g * g.Graph.Reals(mask, g.Fact.Type, rows, width);
    }

    private static int[] Order(Term x) => [1, 0, .. Enumerable.Range(2, x.Rank - 2)];

    private static long Offset(long[] place, Term image) =>
        place.Select((at, i) => at * image.Shape[(i + 3)..].Aggregate(1L, (a, e) => a * e.First)).Sum();

    private static Term Line(Term image, long channels) => image.Reshape(channels, Part.Product(image.Shape.AsSpan(1)));

    // All numbers of each row but so many, from one on.
    private static Term From(Term rows, long first, long fewer)
    {
        var (graph, length, left) = (rows.Graph, rows.Shape[1], fewer - first);
        return graph.Node(
            "Slice", [rows.Name, graph.Ints(first).Name, graph.Ints(left == 0 ? long.MaxValue : -left).Name, graph.Ints(1).Name],
            rows.Fact with { Shape = [rows.Shape[0], length.IsFixed ? length.First - fewer : Extent.Unknown] });
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

    private static Term Padded(Term x, long[] spatial)
    {
        if (Array.TrueForAll(spatial, p => p == 0))
            return x;
        var half = spatial.Length / 2;
        long[] pads = [0, 0, .. spatial[..half], 0, 0, .. spatial[half..]];
        var shape = x.Shape.Select((e, i) => e.IsFixed ? (Extent)(e.First + pads[i] + pads[x.Rank + i]) : i < 2 ? e : Extent.Unknown).ToArray();
        return x.Graph.Node("Pad", [x.Name, x.Graph.Ints(pads).Name], x.Fact with { Shape = shape });
    }

    private static IEnumerable<long[]> Places(long[] kernel)
    {
        IEnumerable<long[]> places = [[]];
        foreach (var size in kernel)
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
