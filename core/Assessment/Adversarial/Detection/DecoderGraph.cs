using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// Writes a decoder as graph: raw outputs in, <c>boxes</c> [N,P,4] (corners, pixels), <c>objectness</c> [N,P,1] and <c>classes</c> [N,P,C] out; differentiable.
/// </summary>
internal sealed class DecoderGraph
{
    internal const string Boxes = "boxes";
    internal const string Objectness = "objectness";
    internal const string Classes = "classes";

    private readonly DetectorDecoder _decoder;
    private readonly Dictionary<string, long[]> _shapes;
    private readonly (int Height, int Width) _input;
    private readonly int _rows;
    private readonly GraphBuilder _g;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private DecoderGraph(DetectorDecoder decoder, Dictionary<string, long[]> shapes, (int Height, int Width) input, int rows, int opset, long irVersion)
    {
        (_decoder, _shapes, _input, _rows) = (decoder, shapes, input, rows);
        _g = new GraphBuilder("decoder", opset, irVersion: (int)irVersion);
    }

    /// <summary>Puts a decoder behind a model of fixed rows.</summary>
    /// <param name="forward">The model; names begin with <c>m/</c>.</param>
    /// <param name="decoder">The decoder.</param>
    /// <param name="shapes">Shapes of the outputs that it reads, without the prefix.</param>
    /// <param name="input">Size of the input.</param>
    /// <param name="rows">Rows of a run.</param>
    /// <returns>The graph and the number of candidates.</returns>
    internal static (ModelProto Model, int Points) Append(
        ModelProto forward, DetectorDecoder decoder, Dictionary<string, long[]> shapes, (int Height, int Width) input, int rows)
    {
        var opset = (int)forward.OpsetImport.First(o => OperatorDomains.Normalize(o.Domain).Length == 0).Version;
        var graph = new DecoderGraph(decoder, shapes, input, rows, opset, forward.IrVersion);
        var points = graph.Write();
        var wires = graph._values.Keys.Select(name => KeyValuePair.Create("m/" + name, "raw/" + name));
        return (GraphSurgery.Merge(forward, graph._g.Build(), wires), points);
    }

    private int Write()
    {
        foreach (var name in _decoder.Heads.SelectMany(h => new[] { h.Boxes, h.Objectness, h.Classes }).Where(f => f is not null).Select(f => f!.Output)
            .Distinct())
        {
            if (!_shapes.TryGetValue(name, out var shape))
                throw new UnattackableModelException($"the model has no output '{name}'; it has {string.Join(", ", _shapes.Keys)}");
            _values.Add(name, _g.Input("raw/" + name, TensorDatatype.FP32, [.. shape.Select(d => (Dim)d)]));
        }

        var (boxes, objectness, classes, points) = (new List<string>(), new List<string>(), new List<string>(), 0);
        foreach (var head in _decoder.Heads)
        {
            var count = Points(head);
            points += count;
            boxes.Add(Box(head, count));
            var (present, kinds) = Scores(head);
            objectness.Add(present);
            classes.Add(kinds);
        }

        Output(Boxes, boxes, points, 4);
        Output(Objectness, objectness, points, 1);
        Output(Classes, classes, points, _decoder.Classes);
        return points;
    }

    private void Output(string name, List<string> parts, int points, int width) => _g.Output(
        name, parts.Count == 1 ? _g.Node("Identity", [parts[0]]) : _g.Node("Concat", [.. parts], [Attr.Int("axis", 1)]), TensorDatatype.FP32, _rows, points,
            width);

    private int Points(DetectorHead head)
    {
        var shape = _shapes[head.Boxes.Output];
        return checked((int)(head.Layout switch
        {
            HeadLayout.Points when shape.Length == 3 => shape[1],
            HeadLayout.ChannelsPoints when shape.Length == 3 => shape[2],
            HeadLayout.Grid when shape.Length == 4 => AnchorCount(head) * shape[2] * shape[3],
            HeadLayout.GridLast when shape.Length == 5 => shape[1] * shape[2] * shape[3],
            _ => throw new UnattackableModelException(
                $"output '{head.Boxes.Output}' is [{string.Join(',', shape)}], which the layout {head.Layout} does not fit"),
        }));
    }

    private static int AnchorCount(DetectorHead head) => Math.Max(1, head.Anchors.Count);

    // [N, P, K] of an output, then the field's part of it, then its activation.
    private string Field(DetectorHead head, FieldSource field)
    {
        var (x, shape) = (_values[field.Output], _shapes[field.Output]);
        var (anchors, width) = (AnchorCount(head), 0L);
        switch (head.Layout)
        {
            case HeadLayout.Points:
                width = shape[^1];
                break;
            case HeadLayout.ChannelsPoints:
                width = shape[1];
                x = _g.Turned(x, 0, 2, 1);
                break;
            case HeadLayout.Grid:
                width = shape[1] / anchors;
                x = anchors == 1
                    ? _g.Shaped(_g.Turned(x, 0, 2, 3, 1), _rows, shape[2] * shape[3], width)
                    : _g.Shaped(_g.Turned(_g.Shaped(x, _rows, anchors, width, shape[2], shape[3]), 0, 1, 3, 4, 2), _rows, anchors * shape[2] * shape[3], width);
                break;
            default:
                width = shape[4];
                x = _g.Shaped(x, _rows, shape[1] * shape[2] * shape[3], width);
                break;
        }

        if (field.From + field.Count > width)
            throw new UnattackableModelException(
                $"output '{field.Output}' has {width} values for a candidate; {field.From} to {field.From + field.Count - 1} are wanted");
        if (field.Count < width)
            x = _g.Part(x, 2, field.From, field.From + field.Count);
        return Activated(x, field.Activation);
    }

    private string Activated(string x, Activation activation) => activation switch
    {
        Activation.None => x,
        Activation.Softmax => _g.Node("Softmax", [x], [Attr.Int("axis", 2)]),
        _ => _g.Node(activation.ToString(), [x]),
    };

    private (string Objectness, string Classes) Scores(DetectorHead head)
    {
        var classes = Field(head, head.Classes);
        var objectness = head.Objectness is null ? null : Field(head, head.Objectness);
        if (_decoder.ClassNumbers is { } numbers)
        {
            // The number itself has no gradient; its score has.
            var range = _g.Initializer("numbers", Enumerable.Range(0, numbers).Select(i => (float)i).ToArray(), 1, 1, numbers);
            var isClass = _g.Node("Cast", [_g.Node("Equal", [_g.Node("Floor", [classes]), range])], [Attr.Int("to", 1)]);
            return (objectness!, _g.Node("Mul", [isClass, objectness!]));
        }

        var all = head.Classes.Count;
        switch (_decoder.Background)
        {
            case BackgroundClass.First:
                objectness ??= _g.Node("Sub", [_g.Scalar("one", 1f), _g.Part(classes, 2, 0, 1)]);
                classes = _g.Part(classes, 2, 1, all);
                break;
            case BackgroundClass.Last:
                objectness ??= _g.Node("Sub", [_g.Scalar("one", 1f), _g.Part(classes, 2, all - 1, all)]);
                classes = _g.Part(classes, 2, 0, all - 1);
                break;
        }

        return (objectness ?? _g.Largest(classes, 2), classes);
    }

    private string Box(DetectorHead head, int points)
    {
        var (coding, raw) = (_decoder.Coding, Field(head, head.Boxes));
        var (bases, centerUnits) = (Constant("base", points, p => Base(head, p)), Constant("unit", points, p => Unit(head, coding.CenterUnit, p)));
        if (coding.Form == BoxForm.Corners)
            return _g.Node("Mul", [raw, _g.Node("Concat", [centerUnits, centerUnits], [Attr.Int("axis", 2)])]);
        if (coding.Form == BoxForm.Distances)
        {
            var before = _g.Node("Sub", [bases, _g.Node("Mul", [_g.Part(raw, 2, 0, 2), centerUnits])]);
            var after = _g.Node("Add", [bases, _g.Node("Mul", [_g.Part(raw, 2, 2, 4), centerUnits])]);
            return _g.Node("Concat", [before, after], [Attr.Int("axis", 2)]);
        }

        var center = Scaled(Activated(_g.Part(raw, 2, 0, 2), coding.CenterActivation), coding.CenterFactor);
        if (coding.CenterOffset != 0)
            center = _g.Node("Add", [center, _g.Scalar("offset", (float)coding.CenterOffset)]);
        if (coding.CenterUnit != BoxUnit.Pixel)
            center = _g.Node("Mul", [center, centerUnits]);
        if (coding.Base != BoxBase.Origin)
            center = _g.Node("Add", [center, bases]);
        var size = Scaled(Activated(Scaled(_g.Part(raw, 2, 2, 4), coding.SizeInner), coding.SizeActivation), coding.SizeFactor);
        if (coding.SizePower == 2)
            size = _g.Node("Mul", [size, size]);
        var half = _g.Node("Mul", [size, Constant("half", points, p => Half(Unit(head, coding.SizeUnit, p)))]);
        return _g.Node("Concat", [_g.Node("Sub", [center, half]), _g.Node("Add", [center, half])], [Attr.Int("axis", 2)]);
    }

    private string Scaled(string x, double factor) => factor == 1 ? x : _g.Node("Mul", [x, _g.Scalar("factor", (float)factor)]);

    private static (double, double) Half((double X, double Y) size) => (size.X / 2, size.Y / 2);

    private string Constant(string name, int points, Func<int, (double X, double Y)> at)
    {
        var values = new float[points * 2];
        for (var p = 0; p < points; p++)
            (values[2 * p], values[2 * p + 1]) = ((float)at(p).X, (float)at(p).Y);
        return _g.Initializer(name, values, 1, points, 2);
    }

    private (double X, double Y) Base(DetectorHead head, int point)
    {
        switch (_decoder.Coding.Base)
        {
            case BoxBase.Cell:
                var (column, row, stride, _) = Cell(head, point);
                return ((column + _decoder.Coding.CellOffset) * stride, (row + _decoder.Coding.CellOffset) * stride);
            case BoxBase.Prior:
                var prior = Prior(head, point);
                return (prior[0] * _input.Width, prior[1] * _input.Height);
            default:
                return (0, 0);
        }
    }

    private (double X, double Y) Unit(DetectorHead head, BoxUnit unit, int point) => unit switch
    {
        BoxUnit.Image => (_input.Width, _input.Height),
        BoxUnit.Stride => (Cell(head, point).Stride, Cell(head, point).Stride),
        BoxUnit.Anchor => (head.Anchors[Cell(head, point).Anchor][0], head.Anchors[Cell(head, point).Anchor][1]),
        BoxUnit.Prior => (Prior(head, point)[2] * _input.Width, Prior(head, point)[3] * _input.Height),
        _ => (1, 1),
    };

    private static IReadOnlyList<double> Prior(DetectorHead head, int point) => point < head.Priors.Count
        ? head.Priors[point]
        : throw new UnattackableModelException($"there are {head.Priors.Count} prior boxes for more candidates");

    // Anchor by anchor, then rows, then columns; grids of several strides follow each other.
    private (int Column, int Row, int Stride, int Anchor) Cell(DetectorHead head, int point)
    {
        var shape = _shapes[head.Boxes.Output];
        if (head.Layout is HeadLayout.Grid or HeadLayout.GridLast)
        {
            var (rows, columns) = head.Layout == HeadLayout.Grid ? ((int)shape[2], (int)shape[3]) : ((int)shape[2], (int)shape[3]);
            var stride = head.Strides.Count > 0 ? head.Strides[0] : _input.Height / rows;
            return (point % columns, point / columns % rows, stride, point / (rows * columns));
        }

        foreach (var stride in head.Strides)
        {
            var (rows, columns) = (_input.Height / stride, _input.Width / stride);
            if (point < rows * columns)
                return (point % columns, point / columns, stride, 0);
            point -= rows * columns;
        }

        throw new UnattackableModelException($"output '{head.Boxes.Output}' has more candidates than the grids of strides {string.Join(", ", head.Strides)}");
    }
}
