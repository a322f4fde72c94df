using System.Collections.Frozen;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>All rules by operator.</summary>
internal static class RuleTable
{
    private static readonly FrozenDictionary<(string Domain, string Op), VjpRule> Rules = Build();

    // Nothing differentiable comes out of them.
    private static readonly FrozenSet<string> Barriers = new[]
    {
        "Shape", "Size", "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "BitwiseAnd", "BitwiseOr",
        "BitwiseXor", "BitwiseNot", "BitShift", "NonZero", "NonMaxSuppression", "IsNaN", "IsInf", "OneHot", "EyeLike", "ConstantOfShape", "Range", "Constant",
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli", "Hardmax", "StringNormalizer",
    }.ToFrozenSet(StringComparer.Ordinal);

    // Their gradient is zero almost everywhere.
    private static readonly FrozenSet<string> Steps = new[] { "Floor", "Ceil", "Round", "Sign" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Advice = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["If"] = "control flow is differentiated only where its condition is constant; export the model without it",
        ["Loop"] = "control flow is differentiated only where it is constant; export the model with the loop unrolled",
        ["Scan"] = "control flow is differentiated only where it is constant; export the model with the loop unrolled",
        ["LSTM"] = "recurrent layers are not differentiated; export the model with the recurrence unrolled into MatMul, Sigmoid and Tanh",
        ["GRU"] = "recurrent layers are not differentiated; export the model with the recurrence unrolled into MatMul, Sigmoid and Tanh",
        ["RNN"] = "recurrent layers are not differentiated; export the model with the recurrence unrolled into MatMul, Sigmoid and Tanh",
        ["MatMulInteger"] = Quantised, ["ConvInteger"] = Quantised, ["DynamicQuantizeLinear"] = Quantised,
        ["LpPool"] = "use AveragePool or MaxPool, or attack the model as a black box",
        ["MaxUnpool"] = "use ConvTranspose or Resize, or attack the model as a black box",
        ["RoiAlign"] = "differentiate the model up to the regions, or attack it as a black box",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private const string Quantised =
        "integer arithmetic has no gradient; quantise the model in QDQ format (QuantizeLinear, DequantizeLinear), or attack it as a black box";

    /// <summary>Operators with a rule, standard ones by name alone and others after their domain.</summary>
    internal static IEnumerable<string> Operators =>
        Rules.Keys.Select(k => k.Domain.Length == 0 ? k.Op : k.Domain + "." + k.Op).Order(StringComparer.Ordinal);

    /// <summary>The rule of a node; null if there is none.</summary>
    internal static VjpRule? Find(NodeProto node) => Rules.GetValueOrDefault((OperatorDomains.Normalize(node.Domain), node.OpType));

    /// <summary>Whether nothing differentiable comes out of a node.</summary>
    internal static bool IsBarrier(NodeProto node) => OperatorDomains.Normalize(node.Domain).Length == 0 && Barriers.Contains(node.OpType);

    /// <summary>Whether a node's gradient is zero almost everywhere.</summary>
    internal static bool IsStep(NodeProto node) => OperatorDomains.Normalize(node.Domain).Length == 0 && Steps.Contains(node.OpType);

    /// <summary>What to do about a node without a rule.</summary>
    internal static string AdviceFor(NodeProto node) => Advice.GetValueOrDefault(
        node.OpType,
        "there is no rule for it; replace it by standard operators when exporting the model, differentiate up to it, or attack the model as a black box");

    private static FrozenDictionary<(string, string), VjpRule> Build()
    {
        var rules = new Dictionary<(string, string), VjpRule>();
        foreach (var (op, rule) in Families.SelectMany(f => f))
        {
            var dot = op.LastIndexOf('.');
            rules.Add(dot < 0 ? ("", op) : (op[..dot], op[(dot + 1)..]), rule);
        }

        return rules.ToFrozenDictionary();
    }

    private static IEnumerable<IReadOnlyDictionary<string, VjpRule>> Families =>
    [
        ActivationRules.All, UnaryRules.All, ArithmeticRules.All, ReductionRules.All, SoftmaxRules.All, MatrixRules.All, ConvolutionRules.All, PoolingRules.All,
        ResizeRules.All, ReorderingRules.All, SelectionRules.All, ScatterRules.All, QuantizationRules.All, NormalizationRules.All, LossRules.All,
    ];
}
