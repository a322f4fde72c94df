using System.Text.Json;
using Iml4e.Inference;

namespace Iml4e.Catalog;

/// <summary>Writes prediction records as the log has them, the tensors straight from their memory.</summary>
internal static class PredictionWriter
{
    /// <summary>Writes the record; its own inputs, outputs, predicted values and unit come as the content's plan has it.</summary>
    /// <param name="json">Where.</param>
    /// <param name="record">The record.</param>
    /// <param name="content">Its tensors.</param>
    /// <param name="omit">What is left out because the line would be too large.</param>
    public static void Write(Utf8JsonWriter json, PredictionRecord record, in PredictionContent content, Omission omit)
    {
        var plan = content.Plan;
        json.WriteStartObject();
        json.WriteString("id"u8, record.Id);
        json.WriteString("at"u8, record.At);
        json.WriteString("model"u8, record.Model);
        json.WriteString("version"u8, record.Version);
        json.WriteString("digest"u8, record.Digest);
        if (record.Experiment is not null)
            json.WriteString("experiment"u8, record.Experiment);
        json.WriteString("variant"u8, Variant(record.Variant));
        Unit(json, record, plan);
        json.WritePropertyName("latencyMs"u8);
        Number(json, record.LatencyMs);
        json.WriteString("status"u8, record.Status);
        if (omit == Omission.None && content.Inputs is { } inputs)
            Tensors(json, "inputs"u8, inputs, plan, record, plan.InputValues(record.Id, Elements(inputs)), masked: true);
        if (omit < Omission.InputsAndOutputs)
        {
            if (content.Outputs is { } outputs && plan.OutputTensors(Elements(outputs)))
                Tensors(json, "outputs"u8, outputs, plan, record, plan.OutputValues(record.Id, Elements(outputs)), masked: false);
            if (plan.Predicted(record.Id))
                Predicted(json, record);
        }

        if (omit != Omission.None)
            json.WriteString("omitted"u8, omit == Omission.Inputs ? "inputs"u8 : "inputs,outputs"u8);
        json.WriteEndObject();
    }

    private static void Unit(Utf8JsonWriter json, PredictionRecord record, LoggingPlan plan)
    {
        if (plan.MasksUnit)
        {
            if ((record.Unit ?? record.UnitHash) is { } id && plan.MaskedUnit(record.Model, id) is { } masked)
                json.WriteString("unitHash"u8, masked);
            return;
        }

        if (record.Unit is not { } unit)
        {
            if (record.UnitHash is { } hash)
                json.WriteString("unitHash"u8, hash);
            if (record.UnitType is { } known)
                json.WriteString("unitType"u8, known);
            return;
        }

        Span<byte> text = stackalloc byte[UnitHash.Length];
        UnitHash.Write(unit, text);
        json.WriteString("unitHash"u8, text);
        var type = UnitType.Of(unit);
        if (!type.IsEmpty)
            json.WriteString("unitType"u8, type);
    }

    private static ReadOnlySpan<byte> Variant(PredictionVariant variant) => variant switch
    {
        PredictionVariant.Champion => "champion"u8,
        PredictionVariant.Control => "control"u8,
        PredictionVariant.Challenger => "challenger"u8,
        PredictionVariant.Outside => "outside"u8,
        _ => "shadow"u8,
    };

    private static long Elements(IReadOnlyList<Tensor> tensors)
    {
        long count = 0;
        for (var i = 0; i < tensors.Count; i++)
            count += tensors[i].ElementCount;
        return count;
    }

    private static void Predicted(Utf8JsonWriter json, PredictionRecord record)
    {
        if (record.Predicted is { } values)
        {
            json.WriteStartArray("predicted"u8);
            foreach (var value in values)
                Number(json, value);
            json.WriteEndArray();
        }

        if (record.PredictedLabels is { } labels)
        {
            json.WriteStartArray("predictedLabels"u8);
            foreach (var label in labels)
                json.WriteStringValue(label);
            json.WriteEndArray();
        }
    }

    private static void Number(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            RealNumbers.Write(json, value);
        else
            json.WriteStringValue(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
    }

    private static void Tensors(
        Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<Tensor> tensors, LoggingPlan plan, PredictionRecord record, bool values, bool masked)
    {
        json.WriteStartArray(name);
        for (var i = 0; i < tensors.Count; i++)
        {
            var tensor = tensors[i];
            json.WriteStartObject();
            json.WriteString("name"u8, tensor.Name);
            json.WriteString("datatype"u8, tensor.Datatype.ToWire());
            json.WriteStartArray("shape"u8);
            foreach (var dimension in tensor.Shape)
                json.WriteNumberValue(dimension);
            json.WriteEndArray();
            if ((masked ? plan.Masks(tensor.Name) : null) is { } masks)
                new MaskedTensor(tensor, masks, plan.Key, record.Model).Write(json, values);
            else if (values)
                TensorValues.Write(json, tensor);
            else
                json.WriteString("sha256"u8, TensorValues.Digest(tensor, null) ?? "");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>What is left out of a record whose line would be too large.</summary>
internal enum Omission
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The inputs.</summary>
    Inputs,

    /// <summary>Inputs, outputs and predicted values.</summary>
    InputsAndOutputs,
}
