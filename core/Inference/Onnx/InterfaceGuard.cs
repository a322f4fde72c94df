using System.Globalization;

namespace Iml4e.Inference.Onnx;

/// <summary>Refuses models whose inputs and outputs cannot be served: none, too many, no tensors, or of sizes that no machine has.</summary>
internal static class InterfaceGuard
{
    internal static void Check(GraphProto graph, ModelLimits limits)
    {
        if (graph.Output.Count == 0)
            throw new InvalidModelException("the model has no outputs");
        if (Math.Max(graph.Input.Count - graph.Initializer.Count, graph.Output.Count) > limits.MaximumInterface)
            throw new InvalidModelException(string.Create(CultureInfo.InvariantCulture, $"the model has more than {limits.MaximumInterface} inputs or outputs"));
        foreach (var input in graph.Input)
            CheckType(input, "input", limits, needed: true);
        foreach (var output in graph.Output)
            CheckType(output, "output", limits, needed: false);
        foreach (var value in graph.ValueInfo)
            CheckShape(value, "value", limits);
    }

    private static void CheckType(ValueInfoProto value, string kind, ModelLimits limits, bool needed)
    {
        var what = value.Type?.ValueCase ?? TypeProto.ValueOneofCase.None;
        if (what == TypeProto.ValueOneofCase.None)
        {
            if (needed)
                throw new InvalidModelException($"{kind} {PublicText.Name(value.Name)} has no type");
            return;
        }

        if (what != TypeProto.ValueOneofCase.TensorType)
            throw new InvalidModelException($"{kind} {PublicText.Name(value.Name)} is not a tensor but {NameOf(what)}, which cannot be served");
        var element = (TensorProto.Types.DataType)value.Type!.TensorType.ElemType;
        if (needed && (element == TensorProto.Types.DataType.Undefined || !Enum.IsDefined(element)))
            throw new InvalidModelException($"{kind} {PublicText.Name(value.Name)} has the unknown element type {value.Type.TensorType.ElemType}");
        if (needed && !TensorDatatypes.TryFromOnnx((int)element, out _))
            throw new InvalidModelException($"{kind} {PublicText.Name(value.Name)} has element type {element}, which cannot be served");
        CheckShape(value, kind, limits);
    }

    private static void CheckShape(ValueInfoProto value, string kind, ModelLimits limits)
    {
        if (value.Type?.TensorType is not { Shape: { } shape } tensor)
            return;
        Int128 bits = ElementBits.Of((TensorProto.Types.DataType)tensor.ElemType);
        foreach (var dimension in shape.Dim)
        {
            // -1 is what some exporters write for a free dimension.
            if (dimension.ValueCase != TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue || dimension.DimValue is -1 or 0)
                continue;
            if (dimension.DimValue < 0)
                throw new InvalidModelException($"{kind} {PublicText.Name(value.Name)} has a dimension of {dimension.DimValue}");
            bits *= dimension.DimValue;
            if (bits / 8 > limits.MaximumTensorBytes)
            {
                throw new InvalidModelException(string.Create(
                    CultureInfo.InvariantCulture, $"{kind} {PublicText.Name(value.Name)} is declared with more than {limits.MaximumTensorBytes} bytes"));
            }
        }
    }

    private static string NameOf(TypeProto.ValueOneofCase type) => type switch
    {
        TypeProto.ValueOneofCase.SequenceType => "a sequence",
        TypeProto.ValueOneofCase.MapType => "a map",
        TypeProto.ValueOneofCase.OptionalType => "an optional value",
        TypeProto.ValueOneofCase.SparseTensorType => "a sparse tensor",
        _ => "an opaque value",
    };
}
