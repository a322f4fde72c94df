using System.Globalization;

namespace Iml4e.Inference.Onnx;

/// <summary>Which operators changed their signature or meaning between versions of the operator sets, so that a node cannot simply be read under a newer one.</summary>
/// <remarks>From the change log of the ONNX operators. Versions that only admit more types or add an attribute with a neutral default are not listed.</remarks>
internal static class OpsetCompatibility
{
    private static readonly Dictionary<(string Domain, string Op), int[]> Breaks = new()
    {
        [("", "Add")] = [7], [("", "Sub")] = [7], [("", "Mul")] = [7], [("", "Div")] = [7], [("", "Pow")] = [7], [("", "And")] = [7], [("", "Or")] = [7],
        [("", "Xor")] = [7], [("", "Greater")] = [7], [("", "Less")] = [7], [("", "Equal")] = [7], [("", "PRelu")] = [7], [("", "Gemm")] = [7],
        [("", "Reshape")] = [5], [("", "Concat")] = [4], [("", "Tile")] = [6], [("", "Cast")] = [6], [("", "Scan")] = [9],
        [("", "BatchNormalization")] = [7, 9, 14], [("", "Dropout")] = [7, 10, 12], [("", "Upsample")] = [9, 10], [("", "Resize")] = [11],
        [("", "Slice")] = [10], [("", "TopK")] = [10], [("", "Clip")] = [11], [("", "Pad")] = [11], [("", "Scatter")] = [11],
        [("", "Squeeze")] = [13], [("", "Unsqueeze")] = [13], [("", "Split")] = [13, 18], [("", "ReduceSum")] = [13],
        [("", "Softmax")] = [13], [("", "LogSoftmax")] = [13], [("", "Hardmax")] = [13], [("", "RoiAlign")] = [16],
        [("", "ReduceMean")] = [18], [("", "ReduceMax")] = [18], [("", "ReduceMin")] = [18], [("", "ReduceProd")] = [18], [("", "ReduceL1")] = [18],
        [("", "ReduceL2")] = [18], [("", "ReduceLogSum")] = [18], [("", "ReduceLogSumExp")] = [18], [("", "ReduceSumSquare")] = [18],
        [("", "GridSample")] = [20], [("", "DFT")] = [20], [("", "GroupNormalization")] = [21],
        [(OperatorDomains.MachineLearning, "LabelEncoder")] = [2],
        [(OperatorDomains.MachineLearning, "TreeEnsembleClassifier")] = [5], [(OperatorDomains.MachineLearning, "TreeEnsembleRegressor")] = [5],
    };

    /// <summary>Throws if a node written for one version means something else, or nothing, under a newer one.</summary>
    /// <exception cref="InvalidModelException">The operator changed in between.</exception>
    internal static void Check(NodeProto node, string domain, long from, long to)
    {
        if (!Breaks.TryGetValue((domain, node.OpType), out var versions))
            return;
        foreach (var version in versions)
        {
            if (from < version && version <= to)
            {
                throw new InvalidModelException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"operator {PublicText.Name(node.OpType)} changed in version {version} of {(domain.Length == 0 ? "ai.onnx" : domain)}: a model of version {from} cannot be joined with one of version {to}"));
            }
        }
    }
}
