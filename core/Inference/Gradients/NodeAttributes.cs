using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients;

/// <summary>Reading and changing the attributes of a node.</summary>
internal static class NodeAttributes
{
    /// <summary>The attribute of a name; null if the node has none.</summary>
    internal static AttributeProto? Find(this NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name);

    /// <summary>An integer, or what holds without the attribute.</summary>
    internal static long Int(this NodeProto node, string name, long otherwise) => node.Find(name)?.I ?? otherwise;

    /// <summary>A number, or what holds without the attribute.</summary>
    internal static double Float(this NodeProto node, string name, float otherwise) => node.Find(name)?.F ?? otherwise;

    /// <summary>A text, or what holds without the attribute.</summary>
    internal static string Text(this NodeProto node, string name, string otherwise) => node.Find(name)?.S.ToStringUtf8() ?? otherwise;

    /// <summary>A list of integers; null without the attribute.</summary>
    internal static long[]? Ints(this NodeProto node, string name) => node.Find(name)?.Ints.ToArray();

    /// <summary>Takes an attribute away and returns it; null if the node has none.</summary>
    internal static AttributeProto? Take(this NodeProto node, string name)
    {
        var attribute = node.Find(name);
        if (attribute is not null)
            node.Attribute.Remove(attribute);
        return attribute;
    }

    /// <summary>Sets an attribute, in place of one of the same name.</summary>
    internal static void Set(this NodeProto node, AttributeProto attribute)
    {
        node.Take(attribute.Name);
        node.Attribute.Add(attribute);
    }

    /// <summary>The name of an input; empty when it is left out.</summary>
    internal static string In(this NodeProto node, int index) => index < node.Input.Count ? node.Input[index] : "";

    /// <summary>The name of an output; empty when it is left out.</summary>
    internal static string Out(this NodeProto node, int index) => index < node.Output.Count ? node.Output[index] : "";

    /// <summary>Sets an input; those before it that are not there are left out.</summary>
    internal static void SetInput(this NodeProto node, int index, string name)
    {
        while (node.Input.Count <= index)
            node.Input.Add("");
        node.Input[index] = name;
    }

    /// <summary>What the node is called in messages: its name, or its first output's.</summary>
    internal static string Title(this NodeProto node) => node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(o => o.Length > 0) ?? node.OpType;

    /// <summary>Whether the node is one of the standard operators of these names.</summary>
    internal static bool Is(this NodeProto node, params ReadOnlySpan<string> operators) =>
        OperatorDomains.Normalize(node.Domain).Length == 0 && operators.Contains(node.OpType);
}
