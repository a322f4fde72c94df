using System.Globalization;
using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>The decoders of well-known detectors, filled in from the shapes of a model's outputs.</summary>
public static class DetectorFamilies
{
    private static readonly double[][] Anchors = [[10, 13], [16, 30], [33, 23], [30, 61], [62, 45], [59, 119], [116, 90], [156, 198], [373, 326]];

    private static readonly Dictionary<string, Func<Outputs, DetectorDecoder>> Known = new(StringComparer.Ordinal)
    {
        ["yolov3"] = o => Yolo(o, new BoxCoding
        {
            Base = BoxBase.Cell, CenterActivation = Activation.Sigmoid, CenterUnit = BoxUnit.Stride, SizeActivation = Activation.Exp, SizeUnit = BoxUnit.Anchor,
        }),
        ["yolov5"] = Yolo5,
        ["yolov7"] = Yolo5,
        ["yolov8"] = Yolo8,
        ["yolov9"] = Yolo8,
        ["yolov11"] = Yolo8,
        ["yolov10"] = o => new DetectorDecoder
        {
            Heads = [Head(o.Only(3), 4, 5, 1)], Coding = new BoxCoding { Form = BoxForm.Corners }, ClassNumbers = o.Classes ?? 80, Suppress = false,
            ClassPower = 0,
        },
        ["yolox"] = o => new DetectorDecoder
        {
            Heads = [Head(o.Only(3), 4, 5, Width(o, 5)) with { Strides = [8, 16, 32] }],
            Coding = new BoxCoding { Base = BoxBase.Cell, CenterUnit = BoxUnit.Stride, SizeActivation = Activation.Exp, SizeUnit = BoxUnit.Stride },
        },
        ["yolox-decoded"] = o => new DetectorDecoder { Heads = [Head(o.Only(3), 4, 5, Width(o, 5))] },
        ["detr"] = o => new DetectorDecoder
        {
            Heads =
            [
                new DetectorHead
                {
                    Boxes = new FieldSource { Output = o.WithWidth(4), Count = 4 },
                    Classes = new FieldSource { Output = o.OtherThan(o.WithWidth(4)), Count = o.LastOf(o.OtherThan(o.WithWidth(4))),
                    Activation = Activation.Softmax },
                },
            ],
            Coding = new BoxCoding { CenterUnit = BoxUnit.Image, SizeUnit = BoxUnit.Image }, Background = BackgroundClass.Last, Suppress = false,
        },
        ["ultraface"] = o => new DetectorDecoder
        {
            Heads =
            [
                new DetectorHead
                {
                    Boxes = new FieldSource { Output = o.WithWidth(4), Count = 4 }, Classes = new FieldSource { Output = o.WithWidth(2), Count = 2 },
                },
            ],
            Coding = new BoxCoding { Form = BoxForm.Corners, CenterUnit = BoxUnit.Image }, Background = BackgroundClass.First,
        },
        ["fastestdet"] = o => new DetectorDecoder
        {
            Heads = [Head(o.Only(4), 0, 5, o.Channels(o.Only(4)) - 5) with { Layout = HeadLayout.Grid, Boxes = Field(o.Only(4), 1, 4),
            Strides = [o.Stride(o.Only(4))] }],
            Coding = new BoxCoding
            {
                Base = BoxBase.Cell, CenterActivation = Activation.Tanh, CenterUnit = BoxUnit.Stride, SizeActivation = Activation.Sigmoid,
                SizeUnit = BoxUnit.Image,
            },
            ObjectnessPower = 0.6,
            ClassPower = 0.4,
        },
        ["yunet"] = o => new DetectorDecoder
        {
            Heads =
            [
                .. new[] { 8, 16, 32 }.Select(s => new DetectorHead
                {
                    Boxes = Field(o.Named("bbox", s), 0, 4), Objectness = Field(o.Named("obj", s), 0, 1), Classes = Field(o.Named("cls", s), 0, 1),
                    Strides = [s],
                }),
            ],
            Coding = new BoxCoding { Base = BoxBase.Cell, CenterUnit = BoxUnit.Stride, SizeActivation = Activation.Exp, SizeUnit = BoxUnit.Stride },
            ObjectnessPower = 0.5,
            ClassPower = 0.5,
        },
    };

    /// <summary>Names of the families.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Keys.Order(StringComparer.Ordinal), "ssd"];

    /// <summary>The decoder of a family.</summary>
    /// <param name="family">Its name.</param>
    /// <param name="outputs">Names and shapes of the model's outputs, in order.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="classes">Number of classes, where the outputs do not tell.</param>
    /// <exception cref="UnattackableModelException">There is no such family, or the outputs are not those of one.</exception>
    public static DetectorDecoder For(string family, IReadOnlyList<(string Name, long[] Shape)> outputs, int height, int? classes = null)
    {
        ArgumentNullException.ThrowIfNull(family);
        if (family == "ssd")
            throw new UnattackableModelException(
                "family 'ssd' needs its prior boxes: describe it as decoder with heads[].priors, centerFactor 0.1, sizeInner 0.2");
        if (!Known.TryGetValue(family, out var make))
            throw new UnattackableModelException($"family '{family}' is not known; known are {string.Join(", ", Names)}; others are described as decoder");
        return make(new Outputs(family, outputs, height, classes));
    }

    private static DetectorDecoder Yolo5(Outputs o) => Yolo(o, new BoxCoding
    {
        Base = BoxBase.Cell, CenterActivation = Activation.Sigmoid, CenterFactor = 2, CenterOffset = -0.5, CenterUnit = BoxUnit.Stride,
        SizeActivation = Activation.Sigmoid, SizeFactor = 2, SizePower = 2, SizeUnit = BoxUnit.Anchor,
    });

    private static DetectorDecoder Yolo8(Outputs o)
    {
        var output = o.Only(3);
        var classes = o.Channels(output) - 4;
        return new DetectorDecoder
        {
            Heads = [new DetectorHead { Layout = HeadLayout.ChannelsPoints, Boxes = Field(output, 0, 4), Classes = Field(output, 4, classes) }],
        };
    }

    // One output that is decoded already, or three grids of three anchors each.
    private static DetectorDecoder Yolo(Outputs o, BoxCoding raw)
    {
        if (o.All is [(_, { Length: 3 })])
            return new DetectorDecoder { Heads = [Head(o.Only(3), 4, 5, Width(o, 5))] };
        var grids = o.All.Where(a => a.Shape.Length is 4 or 5).OrderByDescending(a => a.Shape.Length == 4 ? a.Shape[2] : a.Shape[3]).Take(3).ToList();
        if (grids.Count < 3)
            throw o.Misfit("one output [N, candidates, 5 + classes], or three grids");
        return new DetectorDecoder
        {
            Heads =
            [
                .. grids.Select((g, i) =>
                {
                    var width = g.Shape.Length == 4 ? (int)g.Shape[1] / 3 : (int)g.Shape[4];
                    var rows = g.Shape.Length == 4 ? g.Shape[2] : g.Shape[2];
                    return new DetectorHead
                    {
                        Layout = g.Shape.Length == 4 ? HeadLayout.Grid : HeadLayout.GridLast, Boxes = Field(g.Name, 0, 4),
                        Objectness = Field(g.Name, 4, 1) with { Activation = Activation.Sigmoid },
                        Classes = Field(g.Name, 5, width - 5) with { Activation = Activation.Sigmoid },
                        Strides = [(int)(o.Height / rows)], Anchors = Anchors[(3 * i)..(3 * i + 3)],
                    };
                }),
            ],
            Coding = raw,
        };
    }

    private static int Width(Outputs o, int before) => o.LastOf(o.Only(3)) - before;

    private static DetectorHead Head(string output, int objectness, int classes, int count) =>
        new() { Boxes = Field(output, 0, 4), Objectness = Field(output, objectness, 1), Classes = Field(output, classes, count) };

    private static FieldSource Field(string output, int from, int count) => new() { Output = output, From = from, Count = count };

    /// <summary>The outputs of a model, as a family looks for them.</summary>
    private sealed record Outputs(string Family, IReadOnlyList<(string Name, long[] Shape)> All, int Height, int? Classes)
    {
        internal string Only(int rank) => All.FirstOrDefault(a => a.Shape.Length == rank).Name ?? throw Misfit(string.Create(CultureInfo.InvariantCulture,
            $"an output of {rank} dimensions"));

        internal string WithWidth(int width) => All.FirstOrDefault(a => a.Shape.Length > 1 && a.Shape[^1] == width).Name
            ?? throw Misfit(string.Create(CultureInfo.InvariantCulture, $"an output [N, candidates, {width}]"));

        internal string OtherThan(string name) => All.FirstOrDefault(a => a.Name != name).Name ?? throw Misfit("two outputs");

        internal string Named(string kind, int stride) =>
            All.Select(a => a.Name).FirstOrDefault(n => n == string.Create(CultureInfo.InvariantCulture, $"{kind}_{stride}"))
            ?? throw Misfit(string.Create(CultureInfo.InvariantCulture, $"an output {kind}_{stride}"));

        internal int LastOf(string name) => (int)All.First(a => a.Name == name).Shape[^1];

        internal int Channels(string name) => (int)All.First(a => a.Name == name).Shape[1];

        internal int Stride(string name) => (int)(Height / All.First(a => a.Name == name).Shape[2]);

        internal UnattackableModelException Misfit(string wanted) =>
            new($"the outputs [{string.Join("; ", All.Select(a => $"{a.Name} [{string.Join(',',
                a.Shape)}]"))}] are not those of {Family}: {wanted} is expected");
    }
}
