using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// Writes a loss behind a decoder. What is assigned to which candidate comes in as weights, so that the graph stays the same whatever an image shows:
/// Σ located·(1 - DIoU) - present·log o - absent·log(1 - o) + classified·Σ BCE(classes).
/// </summary>
internal static class DetectorLossGraph
{
    internal const string Loss = "loss";
    internal const string LossSeed = "dY_loss";
    internal const string Present = "present";
    internal const string Absent = "absent";
    internal const string Located = "located";
    internal const string Classified = "classified";
    internal const string TrueBoxes = "true_boxes";
    internal const string TrueClasses = "true_classes";
    private const float Tiny = 1e-7f;
    private const float OverloadThreshold = 0.25f;

    internal static ModelProto Append(ModelProto decoded, DetectorLossKind kind, int rows, int points, int classes)
    {
        var opset = (int)decoded.OpsetImport.First(o => OperatorDomains.Normalize(o.Domain).Length == 0).Version;
        var g = new GraphBuilder("loss", opset, irVersion: (int)decoded.IrVersion);
        var boxes = g.Input("b", TensorDatatype.FP32, rows, points, 4);
        var objectness = g.Input("o", TensorDatatype.FP32, rows, points, 1);
        var kinds = g.Input("c", TensorDatatype.FP32, rows, points, classes);
        var loss = kind == DetectorLossKind.Overload
            ? Overload(g, objectness, kinds)
            : Assigned(g, boxes, objectness, kinds, rows, points, classes);
        // Candidates are summed up, rows are not.
        g.Output(Loss, g.Shaped(g.Sum(loss, 1), rows, 1), TensorDatatype.FP32, rows, 1);
        var merged = GraphSurgery.Merge(
            decoded, g.Build(),
            [KeyValuePair.Create(DecoderGraph.Boxes, "b"), KeyValuePair.Create(DecoderGraph.Objectness, "o"), KeyValuePair.Create(DecoderGraph.Classes, "c")]);
        return GraphSurgery.KeepOutputs(merged, [Loss]);
    }

    private static string Assigned(GraphBuilder g, string boxes, string objectness, string kinds, int rows, int points, int classes)
    {
        string Weight(string name, int width = 1) => g.Input(name, TensorDatatype.FP32, rows, points, width);
        var (present, absent) = CrossEntropies(g, objectness);
        var sum = g.Node("Add", [g.Node("Mul", [Weight(Present), present]), g.Node("Mul", [Weight(Absent), absent])]);
        var wanted = Weight(TrueClasses, classes);
        var (isClass, isNot) = CrossEntropies(g, kinds);
        var unwanted = g.Node("Sub", [g.Scalar("one", 1f), wanted]);
        var classified = g.Sum(g.Node("Add", [g.Node("Mul", [wanted, isClass]), g.Node("Mul", [unwanted, isNot])]), 2);
        sum = g.Node("Add", [sum, g.Node("Mul", [Weight(Classified), classified])]);
        return g.Node("Add", [sum, g.Node("Mul", [Weight(Located), Distance(g, boxes, Weight(TrueBoxes, 4))])]);
    }

    // -log p and -log(1 - p), p kept off 0 and 1.
    private static (string Is, string IsNot) CrossEntropies(GraphBuilder g, string p)
    {
        p = g.Between(p, Tiny, 1 - Tiny);
        return (g.Node("Neg", [g.Node("Log", [p])]), g.Node("Neg", [g.Node("Log", [g.Node("Sub", [g.Scalar("one", 1f), p])])]));
    }

    // 1 - (IoU - ρ²/c²): ρ the distance of the centres, c the diagonal of the box around both.
    private static string Distance(GraphBuilder g, string a, string b)
    {
        (string First, string Second) Corners(string x) => (g.Part(x, 2, 0, 2), g.Part(x, 2, 2, 4));
        var ((a1, a2), (b1, b2)) = (Corners(a), Corners(b));
        string Area(string from, string to)
        {
            var sides = g.Between(g.Node("Sub", [to, from]), 0, null);
            return g.Node("Mul", [g.Part(sides, 2, 0, 1), g.Part(sides, 2, 1, 2)]);
        }

        string Squared(string x) => g.Sum(g.Node("Mul", [x, x]), 2);
        string Kept(string x) => g.Node("Add", [x, g.Scalar("tiny", Tiny)]);
        var common = Area(g.Node("Max", [a1, b1]), g.Node("Min", [a2, b2]));
        var all = g.Node("Sub", [g.Node("Add", [Area(a1, a2), Area(b1, b2)]), common]);
        var overlap = g.Node("Div", [common, Kept(all)]);
        var between = g.Node("Mul", [g.Node("Sub", [g.Node("Add", [a1, a2]), g.Node("Add", [b1, b2])]), g.Scalar("half", 0.5f)]);
        var diagonal = g.Node("Sub", [g.Node("Max", [a2, b2]), g.Node("Min", [a1, b1])]);
        var apart = g.Node("Div", [Squared(between), Kept(Squared(diagonal))]);
        return g.Node("Add", [g.Node("Sub", [g.Scalar("one", 1f), overlap]), apart]);
    }

    // -Σ (1 - conf)² over the candidates above the threshold; to raise.
    private static string Overload(GraphBuilder g, string objectness, string kinds)
    {
        var confidence = g.Node("Mul", [objectness, g.Sum(kinds, 2)]);
        var passes = g.Node("Cast", [g.Node("Greater", [confidence, g.Scalar("threshold", OverloadThreshold)])], [Attr.Int("to", 1)]);
        var rest = g.Node("Sub", [g.Scalar("one", 1f), confidence]);
        return g.Node("Neg", [g.Node("Mul", [passes, g.Node("Mul", [rest, rest])])]);
    }
}
