using System.Globalization;

namespace Iml4e.Inference.Gradients;

/// <summary>A node between what is differentiated and the seed has no rule.</summary>
/// <param name="op">Operator.</param>
/// <param name="domain">Its domain; empty for the standard one.</param>
/// <param name="opset">Version of the operator set that the model imports.</param>
/// <param name="nodeName">Name of the node, or of its first output.</param>
/// <param name="reason">Why, and what to do.</param>
public sealed class UnsupportedOpException(string op, string domain, long opset, string nodeName, string reason)
    : GradientException(string.Create(
        CultureInfo.InvariantCulture,
        $"node {PublicText.Name(nodeName)}: operator {PublicText.Name(op)} of {Set(domain)} {opset} cannot be differentiated: {reason}"))
{
    /// <summary>Operator.</summary>
    public string Op { get; } = op;

    /// <summary>Its domain; empty for the standard one.</summary>
    public string Domain { get; } = domain;

    /// <summary>Version of the operator set that the model imports.</summary>
    public long Opset { get; } = opset;

    /// <summary>Name of the node, or of its first output.</summary>
    public string NodeName { get; } = nodeName;

    /// <summary>Why, and what to do.</summary>
    public string Reason { get; } = reason;

    private static string Set(string domain) => domain.Length == 0 ? "ai.onnx" : PublicText.Name(domain);
}
