using AttributeType = Iml4e.Inference.Onnx.AttributeProto.Types.AttributeType;

namespace Iml4e.Inference.Onnx;

/// <summary>Refuses attributes that are given twice, hold something else than they say, or are no number where only a number makes sense.</summary>
internal static class AttributeGuard
{
    // Values that fill or bound may be infinite, and NaN stands for what is missing.
    private static readonly HashSet<string> AnyNumber = new(StringComparer.Ordinal) { "Constant", "Pad", "Clip", "ConstantFill" };

    internal static void Check(NodeProto node)
    {
        for (var i = 0; i < node.Attribute.Count; i++)
        {
            var attribute = node.Attribute[i];
            if (attribute.Name.Length == 0)
                throw Refused(node, attribute, "has no name");
            for (var j = 0; j < i && i < 64; j++)
            {
                if (node.Attribute[j].Name == attribute.Name)
                    throw Refused(node, attribute, "is given twice");
            }

            if (!Enum.IsDefined(attribute.Type))
                throw Refused(node, attribute, $"is of the unknown type {(int)attribute.Type}");
            if (attribute.RefAttrName.Length == 0 && !Fits(attribute))
                throw Refused(node, attribute, $"says that it is {attribute.Type}, but holds something else");
            if (OperatorDomains.Normalize(node.Domain) == OperatorDomains.Standard && !AnyNumber.Contains(node.OpType)
                && (!float.IsFinite(attribute.F) || attribute.Floats.Any(f => !float.IsFinite(f))))
                throw Refused(node, attribute, "is not a finite number");
        }

        if (node.Attribute.Count >= 64 && node.Attribute.DistinctBy(a => a.Name).Count() != node.Attribute.Count)
            throw Refused(node, node.Attribute[^1], "or another one is given twice");
    }

    private static bool Fits(AttributeProto attribute)
    {
        var type = attribute.Type;
        if (type == AttributeType.Undefined)
            return true;
        return (attribute.T is not null) == (type == AttributeType.Tensor)
            && (attribute.G is not null) == (type == AttributeType.Graph)
            && (attribute.Tp is not null) == (type == AttributeType.TypeProto)
            && (attribute.SparseTensor is not null) == (type == AttributeType.SparseTensor)
            && (type == AttributeType.Floats || attribute.Floats.Count == 0)
            && (type == AttributeType.Ints || attribute.Ints.Count == 0)
            && (type == AttributeType.Strings || attribute.Strings.Count == 0)
            && (type == AttributeType.Tensors || attribute.Tensors.Count == 0)
            && (type == AttributeType.Graphs || attribute.Graphs.Count == 0)
            && (type == AttributeType.SparseTensors || attribute.SparseTensors.Count == 0)
            && (type == AttributeType.TypeProtos || attribute.TypeProtos.Count == 0);
    }

    private static InvalidModelException Refused(NodeProto node, AttributeProto attribute, string why) =>
        new($"attribute {PublicText.Name(attribute.Name)} of node {PublicText.Name(node.Name)} ({PublicText.Name(node.OpType)}) {why}");
}
