using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>
/// What copies some elements, once or several times. Each such operator, applied to the flat indices of its input, tells where every element came from, and
/// the cotangent is added up there; commoner cases have shorter ways.
/// </summary>
internal static class SelectionRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Slice"] = Slice,
        ["Tile"] = Tile,
        ["Gather"] = Gather,
        ["GatherElements"] = GatherElements,
        ["GatherND"] = Traced,
        ["Pad"] = Pad,
        ["ReverseSequence"] = Traced,
        ["Compress"] = Traced,
    };

    private static void Traced(VjpContext n) => Traced(n, n.InputNames[1..]);

    private static void Traced(VjpContext n, string[] others)
    {
        if (!n.Needs(0))
            return;
        var places = n.Graph.Node(n.Op, [n.X.Places().Name, .. others], n.Y.Fact with { Type = DataType.Int64 }, n.Attributes);
        n.Give(0, n.G.Scattered(places, n.X));
    }

    private static void Slice(VjpContext n)
    {
        if (Ranges(n) is not { } ranges)
        {
            Traced(n);
            return;
        }

        var rank = n.X.Rank;
        var pads = new long[2 * rank];
        foreach (var (axis, range) in ranges)
            (pads[axis], pads[rank + axis]) = (range.Start, n.X.Shape[axis].First - range.Start - range.Count * range.Step);
        n.Give(0, Padded(n, Spread(n.G, ranges), pads));
    }

    /// <summary>What a slice takes of each axis; null when it goes backwards or is not fixed.</summary>
    private static SortedDictionary<int, (long Start, long Count, long Step)>? Ranges(VjpContext n)
    {
        if (n.Integers(1) is not { } starts || n.Integers(2) is not { } ends || (n.Has(3) && n.Integers(3) is null) || (n.Has(4) && n.Integers(4) is null))
            return null;
        var axes = n.Integers(3) ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        var result = new SortedDictionary<int, (long, long, long)>();
        for (var i = 0; i < axes.Length; i++)
        {
            var axis = n.Axis(axes[i], n.X.Rank);
            var step = n.Integers(4)?[i] ?? 1;
            if (!n.X.Shape[axis].IsFixed || step < 1)
                return null;
            var size = n.X.Shape[axis].First;
            var start = Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, size);
            var end = Math.Clamp(ends[i] < 0 ? ends[i] + size : ends[i], start, size);
            result[axis] = (start, (end - start + step - 1) / step, step);
        }

        return result;
    }

    /// <summary>Puts zeros behind each element where the slice stepped over others.</summary>
    private static Term Spread(Term g, SortedDictionary<int, (long Start, long Count, long Step)> ranges)
    {
        if (ranges.Values.All(r => r.Step == 1))
            return g;
        var (apart, together, ends) = (new List<Part>(), new List<Part>(), new List<long>());
        for (var i = 0; i < g.Rank; i++)
        {
            apart.Add(Part.Of(g, i));
            ends.Add(0);
            if (!ranges.TryGetValue(i, out var range) || range.Step == 1)
            {
                together.Add(Part.Of(g, i));
                continue;
            }

            apart.Add(1);
            ends.Add(range.Step - 1);
            together.Add(range.Count * range.Step);
        }

        var split = g.Reshape([.. apart]);
        long[] pads = [.. new long[ends.Count], .. ends];
        var shape = split.Shape.Select((e, i) => ends[i] == 0 ? e : (Extent)(ends[i] + 1)).ToArray();
        return split.Graph.Node("Pad", [split.Name, split.Graph.Ints(pads).Name], split.Fact with { Shape = shape }).Reshape([.. together]);
    }

    private static Term Padded(VjpContext n, Term g, long[] pads) => pads.All(p => p == 0)
        ? g
        : n.Graph.Node("Pad", [g.Name, n.Graph.Ints(pads).Name], n.X.Fact with { Type = g.Fact.Type });

    // Each dimension is split into the copies and what was copied.
    private static void Tile(VjpContext n)
    {
        if (n.Integers(1) is not { } repeats)
        {
            Traced(n);
            return;
        }

        var parts = new List<Part>();
        var axes = new List<long>();
        for (var i = 0; i < repeats.Length; i++)
        {
            if (repeats[i] != 1)
            {
                axes.Add(parts.Count);
                parts.Add(repeats[i]);
            }

            parts.Add(Part.Of(n.X, i));
        }

        n.Give(0, n.G.Reshape([.. parts]).Summed(false, [.. axes]).ReshapedLike(n.X));
    }

    private static void Gather(VjpContext n)
    {
        if (!n.Needs(0))
            return;
        var axis = n.Axis(n.Int("axis", 0), n.X.Rank);
        if (n.Integers(1) is [var index] && n.X.Shape[axis].IsFixed)
        {
            var size = n.X.Shape[axis].First;
            var at = index < 0 ? index + size : index;
            var pads = new long[2 * n.X.Rank];
            (pads[axis], pads[n.X.Rank + axis]) = (at, size - 1 - at);
            var single = n.In(1).Rank == 0 ? n.G.Unsqueezed(axis) : n.In(1).Rank == 1 ? n.G : (Term?)null;
            if (single is { } g)
            {
                n.Give(0, Padded(n, g, pads));
                return;
            }
        }

        if (axis != 0)
        {
            Traced(n);
            return;
        }

        var rows = n.In(1).Unsqueezed(n.In(1).Rank);
        var zeros = n.X.ZerosLike(n.G.Fact.Type);
        n.Give(0, n.Graph.Node("ScatterND", [zeros.Name, rows.As(DataType.Int64).Name, n.G.Name], zeros.Fact, Attr.Text("reduction", "add")));
    }

    private static void GatherElements(VjpContext n)
    {
        if (n.Needs(0))
        {
            n.Give(0, n.Graph.Node(
                "ScatterElements", [n.X.ZerosLike(n.G.Fact.Type).Name, n.In(1).Name, n.G.Name], n.X.Fact with { Type = n.G.Fact.Type },
                Attr.Int("axis", n.Int("axis", 0)), Attr.Text("reduction", "add")));
        }
    }

    private static void Pad(VjpContext n)
    {
        if (!n.Needs(0))
            return;
        string[] axes = n.Has(3) ? [n.In(3).Name] : [];
        if (n.Text("mode", "constant") != "constant")
        {
            Traced(n, [n.In(1).Name, .. axes.Length > 0 ? ["", .. axes] : axes]);
            return;
        }

        var pads = n.Integers(1) is { } numbers ? n.Graph.Ints(Array.ConvertAll(numbers, p => -p)) : -n.In(1);
        n.Give(0, n.Graph.Node("Pad", [n.G.Name, pads.Name, .. axes.Length > 0 ? ["", .. axes] : axes], n.X.Fact with { Type = n.G.Fact.Type }));
    }
}
