using System.Globalization;
using System.Text.Json;
using Iml4e.Inference;

namespace Iml4e.Catalog;

/// <summary>An input of which some columns, or all, are masked.</summary>
internal sealed class MaskedTensor(Tensor tensor, LoggingPlan.InputMask[] masks, ReadOnlyMemory<byte> key, string model)
{
    private readonly int columns = tensor.Shape is [.., > 0 and <= int.MaxValue and var last] ? (int)last : 1;

    /// <summary>Writes "masked", the number of elements that are, and "data" with what stands for these; or else the digest of those that are not.</summary>
    public void Write(Utf8JsonWriter json, bool values)
    {
        var count = 0;
        for (var i = 0; i < tensor.ElementCount; i++)
        {
            if (Mask(i) is not null)
                count++;
        }

        json.WriteNumber("masked"u8, count);
        if (!values)
        {
            if (TensorValues.Digest(tensor, i => Mask(i) is null) is { } digest)
                json.WriteString("sha256"u8, digest);
            return;
        }

        json.WriteStartArray("data"u8);
        for (var i = 0; i < tensor.ElementCount; i++)
        {
            if (Mask(i) is not { } mask)
                TensorValues.Write(json, tensor, i);
            else if (Value(mask, i) is { } text)
                json.WriteStringValue(text);
            else
                json.WriteNullValue();
        }

        json.WriteEndArray();
    }

    private LoggingPlan.InputMask? Mask(int element)
    {
        var column = element % columns;
        foreach (var mask in masks)
        {
            if (mask.Columns is null || mask.Columns.Contains(column))
                return mask;
        }

        return null;
    }

    private string? Value(LoggingPlan.InputMask mask, int element)
    {
        var field = string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}[{element % columns}]");
        return new MaskedValue(mask.Method, key, model, field).Text(TensorValues.Element(tensor, element), tensor.Bytes is not null);
    }
}
