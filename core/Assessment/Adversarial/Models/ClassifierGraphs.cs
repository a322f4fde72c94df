using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>
/// Writes the graphs that attacks on a classifier run: logits, a loss for each row, and gradients for the pixels, with preprocessing, in one
/// graph.
/// </summary>
/// <remarks>Inputs <c>x</c> [N,C,H,W] and, for losses, <c>onehot</c> [N,K]; outputs <c>logits</c> [N,K], <c>loss</c> [N,1] and <c>grad_x</c>.</remarks>
internal static class ClassifierGraphs
{
    internal const string Logits = "logits";
    internal const string Loss = "loss";
    internal const string OneHot = "onehot";
    internal const string TargetOneHot = "target";
    internal const string Gradient = "grad_x";
    internal const string LossSeed = "dY_loss";
    internal const string LogitsSeed = "dY_logits";

    /// <summary>Pixels to logits for so many rows.</summary>
    /// <returns>The graph, and whether shapes had to be rewritten for the number of rows.</returns>
    internal static (ModelProto Model, bool Rewritten) Forward(ModelProto model, string? output, long[] networkShape, ImageShape image,
        Preprocessing preprocessing)
    {
        var (cut, logits) = LogitTap.Cut(model, output);
        var (fixedRows, rewritten) = BatchSurgery.Fix(cut, networkShape);
        var whole = PreprocessingGraph.Prepend(fixedRows, networkShape, image, preprocessing);
        return (GraphSurgery.RenameOutput(whole, "m/" + logits, Logits), rewritten);
    }

    /// <summary>Puts a loss for each row behind the logits.</summary>
    internal static ModelProto WithLoss(ModelProto forward, AttackLoss loss, bool targeted, int rows, int classes)
    {
        var opset = (int)forward.OpsetImport.First(o => OperatorDomains.Normalize(o.Domain).Length == 0).Version;
        var g = new GraphBuilder("loss", opset, irVersion: (int)forward.IrVersion);
        var z = g.Input("z", TensorDatatype.FP32, rows, classes);
        var own = g.Input(OneHot, TensorDatatype.FP32, rows, classes);
        var value = loss switch
        {
            AttackLoss.Margin => g.Node("Neg", [Margin(g, z, own)]),
            AttackLoss.Dlr when targeted => TargetedRatio(g, z, own, g.Input(TargetOneHot, TensorDatatype.FP32, rows, classes), classes),
            AttackLoss.Dlr => Ratio(g, z, own, classes),
            _ => g.Node("Neg", [g.Sum(g.Node("Mul", [g.Node("LogSoftmax", [z], [Attr.Int("axis", 1)]), own]), 1)]),
        };
        g.Output(Loss, value, TensorDatatype.FP32, rows, 1);
        return GraphSurgery.Merge(forward, g.Build(), [KeyValuePair.Create(Logits, "z")], keepConnected: true);
    }

    /// <summary>Adds the gradient of what is seeded for the pixels.</summary>
    internal static ModelProto WithGradient(ModelProto model, string seeded) =>
        GradientGraphBuilder.Build(model, new GradientRequest { Wrt = [PreprocessingGraph.Input], Seed = SeedMode.External, SeedTensors = [seeded] }).Model;

    // z_y - max z_other
    private static string Margin(GraphBuilder g, string z, string own) => g.Node("Sub", [Own(g, z, own), BestOther(g, z, own)]);

    private static string Own(GraphBuilder g, string z, string own) => g.Sum(g.Node("Mul", [z, own]), 1);

    private static string BestOther(GraphBuilder g, string z, string own) =>
        g.Largest(g.Node("Sub", [z, g.Node("Mul", [own, g.Scalar("far", 1e9f)])]), 1);

    // -(z_y - max z_other) / (z_(1) - z_(3) + 1e-12)
    private static string Ratio(GraphBuilder g, string z, string own, int classes)
    {
        Require(classes, 3, "dlr");
        var top = g.Top(z, 3);
        var span = g.Node("Sub", [g.Part(top, 1, 0, 1), g.Part(top, 1, 2, 3)]);
        return g.Node("Neg", [g.Node("Div", [Margin(g, z, own), g.Node("Add", [span, g.Scalar("tiny", 1e-12f)])])]);
    }

    // -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2 + 1e-12)
    private static string TargetedRatio(GraphBuilder g, string z, string own, string target, int classes)
    {
        Require(classes, 4, "dlr with a target");
        var top = g.Top(z, 4);
        var middle = g.Node("Mul", [g.Node("Add", [g.Part(top, 1, 2, 3), g.Part(top, 1, 3, 4)]), g.Scalar("half", 0.5f)]);
        var span = g.Node("Add", [g.Node("Sub", [g.Part(top, 1, 0, 1), middle]), g.Scalar("tiny", 1e-12f)]);
        return g.Node("Neg", [g.Node("Div", [g.Node("Sub", [Own(g, z, own), Own(g, z, target)]), span])]);
    }

    private static void Require(int classes, int least, string loss)
    {
        if (classes < least)
            throw new UnattackableModelException($"the loss {loss} needs {least} classes, the model has {classes}; use ce");
    }
}
