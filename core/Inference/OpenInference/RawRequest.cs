using System.Globalization;
using System.Text.Json;

namespace Iml4e.Inference.OpenInference;

/// <summary>The structure of a request, read in one pass without converting the data.</summary>
internal sealed class RawRequest
{
    internal string? Id { get; private set; }

    internal string? ModelName { get; private set; }

    internal List<RawInput>? Inputs { get; private set; }

    internal List<RequestedOutput>? Outputs { get; private set; }

    internal Dictionary<string, object>? Parameters { get; private set; }

    /// <summary>The first thing that is valid JSON but not a request; reported only after the whole text has proved to be JSON.</summary>
    private string? Fault { get; set; }

    /// <exception cref="OpenInferenceException">400: not JSON, nested too deeply, or not of a request's form.</exception>
    internal static RawRequest Read(ReadOnlySpan<byte> utf8)
    {
        var request = new RawRequest();
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 4 * InferenceLimits.MaximumJsonDepth });
        try
        {
            Next(ref reader);
            if (reader.TokenType == JsonTokenType.StartObject)
                request.ReadRoot(ref reader);
            else
                request.Refuse(ref reader, "the request must be a JSON object");
            while (reader.Read())
            {
                // The reader itself refuses whatever follows the object.
            }
        }
        catch (JsonException e)
        {
            throw new OpenInferenceException(
                400, string.Create(CultureInfo.InvariantCulture, $"malformed JSON at line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}"));
        }
        catch (InvalidOperationException)
        {
            // A string that is no UTF-8, or escapes half a surrogate pair.
            throw new OpenInferenceException(400, string.Create(CultureInfo.InvariantCulture, $"malformed JSON: invalid text near byte {reader.TokenStartIndex + 1}"));
        }

        return request.Fault is null ? request : throw new OpenInferenceException(400, request.Fault);
    }

    private static void Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject && reader.CurrentDepth >= InferenceLimits.MaximumJsonDepth)
            throw new OpenInferenceException(400, $"malformed JSON: nested more than {InferenceLimits.MaximumJsonDepth} deep");
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
            return;
        var depth = reader.CurrentDepth;
        do
        {
            Next(ref reader);
        }
        while (reader.CurrentDepth > depth);
    }

    /// <summary>"inputs[].name" and 3 → "inputs[3].name"; composed only when something is wrong there.</summary>
    private static string At(string where, int index) =>
        index < 0 ? where : where.Replace("[]", string.Create(CultureInfo.InvariantCulture, $"[{index}]"), StringComparison.Ordinal);

    private void Refuse(ref Utf8JsonReader reader, string message)
    {
        Fault ??= message;
        Skip(ref reader);
    }

    private void ReadRoot(ref Utf8JsonReader reader)
    {
        for (Next(ref reader); reader.TokenType == JsonTokenType.PropertyName; Next(ref reader))
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                Next(ref reader);
                ReadInputs(ref reader);
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                Next(ref reader);
                ReadOutputs(ref reader);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                Next(ref reader);
                Id = ReadText(ref reader, "'id'", -1);
            }
            else if (reader.ValueTextEquals("model_name"u8))
            {
                Next(ref reader);
                ModelName = ReadText(ref reader, "'model_name'", -1);
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                Next(ref reader);
                Parameters = ReadParameters(ref reader, "the request", -1);
            }
            else
            {
                Next(ref reader);
                Skip(ref reader);
            }
        }
    }

    private void ReadInputs(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray || Inputs is not null)
        {
            Refuse(ref reader, Inputs is null ? "'inputs' must be an array" : "'inputs' occurs twice");
            return;
        }

        Inputs = [];
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
        {
            if (Inputs.Count == InferenceLimits.MaximumTensors)
                Refuse(ref reader, $"more than {InferenceLimits.MaximumTensors} inputs");
            else if (reader.TokenType != JsonTokenType.StartObject)
                Refuse(ref reader, string.Create(CultureInfo.InvariantCulture, $"inputs[{Inputs.Count}] must be an object"));
            else
                ReadInput(ref reader);
        }
    }

    private void ReadInput(ref Utf8JsonReader reader)
    {
        var input = new RawInput();
        var index = Inputs!.Count;
        for (Next(ref reader); reader.TokenType == JsonTokenType.PropertyName; Next(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                Next(ref reader);
                input.Name = ReadText(ref reader, "inputs[].name", index);
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                Next(ref reader);
                input.Datatype = ReadText(ref reader, "inputs[].datatype", index);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                Next(ref reader);
                input.Shape = ReadShape(ref reader, "inputs[].shape", index);
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                Next(ref reader);
                input.Parameters = ReadParameters(ref reader, "inputs[]", index);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                Next(ref reader);
                ReadData(ref reader, input, index);
            }
            else
            {
                Next(ref reader);
                Skip(ref reader);
            }
        }

        Inputs.Add(input);
        if (string.IsNullOrEmpty(input.Name))
            Fault ??= $"{At("inputs[]", index)} has no name";
        else if (input.Datatype is null)
            Fault ??= $"input {PublicText.Name(input.Name)} has no datatype";
        else if (input.Shape is null)
            Fault ??= $"input {PublicText.Name(input.Name)} has no shape";
    }

    private void ReadData(ref Utf8JsonReader reader, RawInput input, int index)
    {
        input.DataStart = (int)reader.TokenStartIndex;
        (input.Leaves, input.ShallowestLeaf, input.DeepestLeaf) = (0, int.MaxValue, -1);
        var start = reader.CurrentDepth;
        while (true)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.EndArray:
                    break;
                case JsonTokenType.StartObject:
                    Refuse(ref reader, $"{At("inputs[].data", index)} must hold scalars and arrays only");
                    break;
                default:
                    var depth = reader.CurrentDepth - start;
                    input.Leaves++;
                    input.ShallowestLeaf = Math.Min(input.ShallowestLeaf, depth);
                    input.DeepestLeaf = Math.Max(input.DeepestLeaf, depth);
                    break;
            }

            if (reader.CurrentDepth == start && reader.TokenType != JsonTokenType.StartArray)
                break;
            Next(ref reader);
        }

        input.DataLength = (int)reader.BytesConsumed - input.DataStart;
    }

    private long[]? ReadShape(ref Utf8JsonReader reader, string where, int index)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Refuse(ref reader, $"{At(where, index)} must be an array of integers");
            return null;
        }

        var shape = new List<long>();
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var dimension))
                Refuse(ref reader, $"{At(where, index)} must be an array of integers");
            else if (shape.Count == InferenceLimits.MaximumRank)
                Fault ??= $"{At(where, index)} has more than {InferenceLimits.MaximumRank} dimensions";
            else
                shape.Add(dimension);
        }

        return [.. shape];
    }

    private void ReadOutputs(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray || Outputs is not null)
        {
            Refuse(ref reader, Outputs is null ? "'outputs' must be an array" : "'outputs' occurs twice");
            return;
        }

        Outputs = [];
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
        {
            var index = Outputs.Count;
            if (Outputs.Count == InferenceLimits.MaximumTensors)
            {
                Refuse(ref reader, $"more than {InferenceLimits.MaximumTensors} outputs");
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Refuse(ref reader, $"{At("outputs[]", index)} must be an object");
                continue;
            }

            string? name = null;
            Dictionary<string, object>? parameters = null;
            for (Next(ref reader); reader.TokenType == JsonTokenType.PropertyName; Next(ref reader))
            {
                var (isName, isParameters) = (reader.ValueTextEquals("name"u8), reader.ValueTextEquals("parameters"u8));
                Next(ref reader);
                if (isName)
                    name = ReadText(ref reader, "outputs[].name", index);
                else if (isParameters)
                    parameters = ReadParameters(ref reader, "outputs[]", index);
                else
                    Skip(ref reader);
            }

            if (string.IsNullOrEmpty(name))
                Fault ??= $"{At("outputs[]", index)} has no name";
            Outputs.Add(new RequestedOutput(name ?? "", parameters));
        }
    }

    private string? ReadText(ref Utf8JsonReader reader, string where, int index)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString();
        Refuse(ref reader, $"{At(where, index)} must be a string");
        return null;
    }

    private Dictionary<string, object>? ReadParameters(ref Utf8JsonReader reader, string where, int index)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Refuse(ref reader, $"the parameters of {At(where, index)} must be an object");
            return null;
        }

        var parameters = new Dictionary<string, object>(StringComparer.Ordinal);
        for (Next(ref reader); reader.TokenType == JsonTokenType.PropertyName; Next(ref reader))
        {
            var name = reader.GetString()!;
            Next(ref reader);
            object? value = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.True => true,
                JsonTokenType.False => false,
                JsonTokenType.Number when reader.TryGetInt64(out var integer) => integer,
                JsonTokenType.Number when reader.TryGetDouble(out var number) && double.IsFinite(number) => number,
                _ => null,
            };
            if (value is null)
                Refuse(ref reader, $"parameter {PublicText.Name(name)} of {At(where, index)} must be a string, a number or a boolean");
            else if (parameters.Count == InferenceLimits.MaximumParameters)
                Fault ??= $"{At(where, index)} has more than {InferenceLimits.MaximumParameters} parameters";
            else
                parameters[name] = value;
        }

        return parameters;
    }
}
