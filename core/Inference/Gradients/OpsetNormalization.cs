using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients;

/// <summary>Models of old operator sets in the words of the one that gradients are written in.</summary>
public static class OpsetNormalization
{
    /// <summary>The model rewritten for version 18 of the standard operators; a newer one as it is. The model handed in stays as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="shapeHints">Shapes of inputs with free dimensions, for operators whose new form depends on shapes; -1 = free.</param>
    /// <exception cref="UnsupportedOpException">An operator whose old form has no new one.</exception>
    /// <exception cref="RankUnknownException">Shapes are needed and cannot be found out.</exception>
    public static ModelProto Uplift(ModelProto model, IReadOnlyDictionary<string, long[]>? shapeHints = null)
    {
        if (VersionOf(model) >= OpsetUplift.Target)
            return model;
        var graph = new WorkingGraph(model);
        InterfaceStep.Apply(graph);
        var original = new WorkingGraph(graph.Model);
        Dictionary<string, TensorFact>? facts = null;
        OpsetUplift.Apply(graph, name => (facts ??= ShapeProbe.Run(original, shapeHints)).GetValueOrDefault(name));
        return graph.Model;
    }

    /// <summary>Version of the standard operators that a model imports.</summary>
    public static int VersionOf(ModelProto model) =>
        (int)(model.OpsetImport.FirstOrDefault(o => OperatorDomains.Normalize(o.Domain).Length == 0)?.Version ?? 1);
}
