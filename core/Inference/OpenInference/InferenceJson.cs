using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Iml4e.Inference.OpenInference;

/// <summary>Requests and answers of the Open Inference Protocol over REST: JSON, and JSON followed by binary tensors.</summary>
/// <remarks>
/// Requests are checked in a fixed order, each check over all inputs before the next: JSON; no inputs; duplicate, unknown, missing inputs; datatype;
/// rank and dimensions; negative dimensions; overflow; number of elements; elements; requested outputs.
/// </remarks>
public static class InferenceJson
{
    /// <summary>Reads a JSON request for a model.</summary>
    /// <param name="utf8">The body; the tensors' <see cref="Tensor.Json"/> lies in it.</param>
    /// <param name="metadata">The model's inputs and outputs.</param>
    /// <param name="memory">Where numbers are put; null = memory of their own.</param>
    /// <exception cref="OpenInferenceException">400 with the reason, or 413 for a body beyond <see cref="InferenceLimits.MaximumBodyBytes"/>.</exception>
    public static InferenceRequest Read(ReadOnlyMemory<byte> utf8, ModelMetadata metadata, RentedMemory? memory = null) => Read(utf8, default, false, metadata, memory);

    /// <summary>Reads a request whose JSON part is followed by binary tensors, in the order in which the JSON names them. Their data are not copied.</summary>
    /// <param name="body">JSON and tensors; must not be reused while the request lives.</param>
    /// <param name="jsonLength">Length of the JSON part (header Inference-Header-Content-Length); 0 = the body is a single raw tensor.</param>
    /// <param name="metadata">The model's inputs and outputs.</param>
    /// <param name="memory">Where numbers that came as JSON are put; null = memory of their own.</param>
    /// <exception cref="OpenInferenceException">400 with the reason, or 413.</exception>
    public static InferenceRequest ReadBinary(ReadOnlyMemory<byte> body, long jsonLength, ModelMetadata metadata, RentedMemory? memory = null)
    {
        if (jsonLength < 0 || jsonLength > body.Length)
            throw Refused(string.Create(CultureInfo.InvariantCulture, $"Inference-Header-Content-Length {jsonLength} is not within the body of {body.Length} bytes"));
        if (jsonLength == 0)
        {
            CheckSize(body.Length);
            return ReadRaw(body, metadata);
        }

        return Read(body[..(int)jsonLength], body[(int)jsonLength..], true, metadata, memory);
    }

    /// <summary>Writes an answer as JSON.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="response">The answer. Non-finite numbers become null, and the output's parameter <c>non_finite</c> is true.</param>
    /// <param name="nested">Whether data are nested arrays rather than flat.</param>
    public static void Write(IBufferWriter<byte> writer, InferenceResponse response, bool nested)
    {
        using var json = new Utf8JsonWriter(writer, new JsonWriterOptions { SkipValidation = true });
        Write(json, response, nested, static _ => false);
        json.Flush();
    }

    /// <summary>Writes the JSON of an answer, which the outputs of binary form follow (<see cref="BinaryTensors.Write"/>).</summary>
    /// <param name="json">Where to.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="version">Its version; null leaves it out.</param>
    /// <param name="id">The request's id, echoed; null leaves it out.</param>
    /// <param name="outputs">The outputs.</param>
    /// <param name="form">How they are written. A structure, so that an answer costs no memory.</param>
    /// <exception cref="OpenInferenceException">400: an output is FP16 or BF16, which JSON does not carry (requests are checked for this beforehand).</exception>
    public static void WriteHead<TForm>(Utf8JsonWriter json, string model, string? version, string? id, IReadOnlyList<Tensor> outputs, in TForm form)
        where TForm : struct, IAnswerForm
    {
        json.WriteStartObject();
        json.WriteString("model_name"u8, model);
        if (version is not null)
            json.WriteString("model_version"u8, version);
        if (id is not null)
            json.WriteString("id"u8, id);
        if (!form.HasLateParameters)
            WriteParameters(json, form);
        json.WriteStartArray("outputs"u8);
        for (var i = 0; i < outputs.Count; i++)
            WriteOutput(json, outputs[i], form.IsNested, form.IsBinary(outputs[i].Name));
        json.WriteEndArray();
        if (form.HasLateParameters)
            WriteParameters(json, form);
        json.WriteEndObject();
    }

    /// <summary>Writes an answer whose chosen outputs follow the JSON as binary tensors.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="response">The answer.</param>
    /// <param name="nested">Whether data in JSON are nested arrays.</param>
    /// <param name="binary">Whether an output is binary (<see cref="InferenceRequest.IsBinary"/>).</param>
    /// <returns>Length of the JSON part, for the header Inference-Header-Content-Length.</returns>
    public static long WriteBinary(IBufferWriter<byte> writer, InferenceResponse response, bool nested, Func<string, bool> binary)
    {
        long length;
        using (var json = new Utf8JsonWriter(writer, new JsonWriterOptions { SkipValidation = true }))
        {
            Write(json, response, nested, binary);
            json.Flush();
            length = json.BytesCommitted;
        }

        foreach (var output in response.Outputs)
        {
            if (binary(output.Name))
                BinaryTensors.Write(writer, output);
        }

        return length;
    }

    /// <summary>Writes a model's metadata.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="name">The model.</param>
    /// <param name="versions">Its versions; null leaves them out.</param>
    /// <param name="metadata">Inputs, outputs, platform.</param>
    public static void WriteModelMetadata(IBufferWriter<byte> writer, string name, IReadOnlyList<string>? versions, ModelMetadata metadata)
    {
        using var json = new Utf8JsonWriter(writer);
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        if (versions is not null)
        {
            json.WriteStartArray("versions"u8);
            foreach (var version in versions)
                json.WriteStringValue(version);
            json.WriteEndArray();
        }

        json.WriteString("platform"u8, metadata.Platform);
        WriteTensors(json, "inputs", metadata.Inputs);
        WriteTensors(json, "outputs", metadata.Outputs);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes an error, <c>{"error": message}</c>.</summary>
    public static void WriteError(IBufferWriter<byte> writer, string message)
    {
        using var json = new Utf8JsonWriter(writer);
        json.WriteStartObject();
        json.WriteString("error"u8, message);
        json.WriteEndObject();
        json.Flush();
    }

    private static InferenceRequest Read(
        ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> tail, bool binaryAllowed, ModelMetadata metadata, RentedMemory? memory)
    {
        CheckSize((long)utf8.Length + tail.Length);
        var raw = RawRequest.Read(utf8.Span);
        if (raw.Inputs is not { Count: > 0 } inputs)
            throw Refused("the request has no inputs");
        var declared = CheckNames(inputs, metadata);
        CheckShapes(inputs, declared);
        var tensors = ReadData(inputs, declared, utf8, tail, binaryAllowed, memory);
        var request = new InferenceRequest(raw.Id, raw.ModelName, tensors, raw.Outputs is { Count: > 0 } ? raw.Outputs : null, raw.Parameters);
        CheckOutputs(request, metadata, binaryAllowed);
        return request;
    }

    private static TensorMetadata[] CheckNames(List<RawInput> inputs, ModelMetadata metadata)
    {
        if (FindDuplicate(inputs) is { } twice)
            throw Refused($"input {PublicText.Name(twice)} is given more than once");

        var declared = new TensorMetadata[inputs.Count];
        for (var i = 0; i < declared.Length; i++)
        {
            declared[i] = metadata.Input(inputs[i].Name!)
                ?? throw Refused($"input {PublicText.Name(inputs[i].Name!)} is unknown; the model's inputs: {string.Join(", ", metadata.Inputs.Select(m => m.Name))}");
        }

        // Each of them is another one of the model's: with as many as the model has, none is missing.
        if (inputs.Count < metadata.Inputs.Count)
            throw Refused($"input {PublicText.Name(metadata.Inputs.First(required => !Array.Exists(declared, found => found == required)).Name)} is missing");

        for (var i = 0; i < declared.Length; i++)
        {
            if (!TensorDatatypes.TryParse(inputs[i].Datatype, out var datatype) || datatype != declared[i].Datatype)
                throw Refused(inputs[i], $"datatype {PublicText.Name(inputs[i].Datatype!)} is not the model's {declared[i].Datatype.ToWire()}");
        }

        return declared;
    }

    private static string? FindDuplicate(List<RawInput> inputs)
    {
        if (inputs.Count == 1)
            return null;
        var seen = new HashSet<string>(inputs.Count, StringComparer.Ordinal);
        foreach (var input in inputs)
        {
            if (!seen.Add(input.Name!))
                return input.Name;
        }

        return null;
    }

    private static void CheckShapes(List<RawInput> inputs, TensorMetadata[] declared)
    {
        var batches = inputs.Count == 1 ? null : new Dictionary<string, (string Input, long Size)>(StringComparer.Ordinal);
        for (var i = 0; i < declared.Length; i++)
            CheckDimensions(inputs[i], declared[i], batches);
        foreach (var input in inputs)
        {
            if (Array.Exists(input.Shape!, static d => d < 0))
                throw Refused(input, $"shape [{Join(input.Shape!)}] has a negative dimension");
        }

        foreach (var input in inputs)
        {
            if (ShapeMath.TryCount(input.Shape) < 0)
                throw Refused(input, $"shape [{Join(input.Shape!)}] has too many elements");
        }
    }

    private static void CheckDimensions(RawInput input, TensorMetadata declared, Dictionary<string, (string Input, long Size)>? batches)
    {
        if (declared.AnyRank)
            return;
        var (shape, model) = (input.Shape!, declared.Shape);
        if (shape.Length != model.Length)
            throw Refused(input, string.Create(CultureInfo.InvariantCulture, $"shape [{Join(shape)}] has {shape.Length} dimensions, the model's [{Join(model)}] has {model.Length}"));
        for (var d = 0; d < model.Length; d++)
        {
            if (model[d] >= 0 && model[d] != shape[d])
                throw Refused(input, string.Create(CultureInfo.InvariantCulture, $"dimension {d} of shape [{Join(shape)}] does not match the model's [{Join(model)}]"));
        }

        // The first dimension is the batch where it is free. If the model names its free dimensions, only equal names mean the same batch.
        if (batches is null || model.Length == 0 || model[0] >= 0 || (declared.Symbols is not null && declared.Symbols[0] is null))
            return;
        var symbol = declared.Symbols?[0] ?? "";
        if (!batches.TryGetValue(symbol, out var first))
            batches.Add(symbol, (input.Name!, shape[0]));
        else if (first.Size != shape[0])
            throw Refused(input, string.Create(CultureInfo.InvariantCulture, $"batch size {shape[0]} differs from {first.Size} of input {PublicText.Name(first.Input)}"));
    }

    private static List<Tensor> ReadData(
        List<RawInput> inputs, TensorMetadata[] declared, ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> tail, bool binaryAllowed, RentedMemory? memory)
    {
        foreach (var input in inputs)
        {
            if (!IsBinary(input))
                CheckCount(input);
        }

        var tensors = new List<Tensor>(inputs.Count);
        for (var i = 0; i < declared.Length; i++)
        {
            var input = inputs[i];
            if (!IsBinary(input))
            {
                tensors.Add(JsonElements.Read(input, declared[i].Datatype, utf8.Slice(input.DataStart, input.DataLength), memory));
                continue;
            }

            if (!binaryAllowed)
                throw Refused(input, "binary data need the header Inference-Header-Content-Length");
            if (input.DataStart >= 0)
                throw Refused(input, "'data' and 'binary_data_size' exclude each other");
            if (input.Parameters!["binary_data_size"] is not long size || size < 0 || size > tail.Length)
                throw Refused(input, string.Create(CultureInfo.InvariantCulture, $"'binary_data_size' must be an integer from 0 to {tail.Length}, the bytes that are left"));
            tensors.Add(BinaryTensors.Read(input.Name!, declared[i].Datatype, input.Shape!, tail[..(int)size]));
            tail = tail[(int)size..];
        }

        return tail.IsEmpty ? tensors : throw Refused(string.Create(CultureInfo.InvariantCulture, $"{tail.Length} bytes after the JSON belong to no input"));
    }

    private static void CheckCount(RawInput input)
    {
        if (input.DataStart < 0)
            throw Refused(input, "'data' is missing");
        var count = ShapeMath.TryCount(input.Shape);
        if (input.Leaves != count)
            throw Refused(input, string.Create(CultureInfo.InvariantCulture, $"shape [{Join(input.Shape!)}] needs {count} elements, got {input.Leaves}"));
        if (count == 0)
            return;
        if (input.ShallowestLeaf != input.DeepestLeaf)
            throw Refused(input, "the data mix nesting depths");
        if (input.DeepestLeaf != 1 && input.DeepestLeaf != input.Shape!.Length)
            throw Refused(input, string.Create(CultureInfo.InvariantCulture, $"the data are nested {input.DeepestLeaf} deep; flat or as deep as shape [{Join(input.Shape)}] is right"));
    }

    private static void CheckOutputs(InferenceRequest request, ModelMetadata metadata, bool binaryAllowed)
    {
        var seen = request.Outputs is null ? null : new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in request.Outputs ?? [])
        {
            if (metadata.Output(output.Name) is null)
                throw Refused($"output {PublicText.Name(output.Name)} is unknown; the model's outputs: {string.Join(", ", metadata.Outputs.Select(m => m.Name))}");
            if (!seen!.Add(output.Name))
                throw Refused($"output {PublicText.Name(output.Name)} is requested more than once");
        }

        for (var i = 0; i < metadata.Outputs.Count; i++)
        {
            var output = metadata.Outputs[i];
            if (seen?.Contains(output.Name) == false)
                continue;
            if (output.Datatype is TensorDatatype.FP16 or TensorDatatype.BF16 && !request.IsBinary(output.Name))
                throw Refused($"output {PublicText.Name(output.Name)}: {output.Datatype.ToWire()} cannot be returned as JSON, request it with the parameter binary_data");
        }
    }

    /// <summary>A body that is one tensor and nothing else: the shape follows from the model and the size.</summary>
    private static InferenceRequest ReadRaw(ReadOnlyMemory<byte> body, ModelMetadata metadata)
    {
        if (metadata.Inputs.Count != 1)
            throw Refused(string.Create(CultureInfo.InvariantCulture, $"a raw request needs a model of one input; this one has {metadata.Inputs.Count}"));
        var input = metadata.Inputs[0];
        var parameters = new Dictionary<string, object>(StringComparer.Ordinal) { ["binary_data_output"] = true };
        if (input.Datatype == TensorDatatype.Bytes)
        {
            if (!input.AnyRank && !(input.Shape.Length == 1 && input.Shape[0] is 1 or -1))
                throw Refused($"input {PublicText.Name(input.Name)}: a raw request of BYTES needs shape [1]");
            return new InferenceRequest(null, null, [new Tensor(input.Name, [body.ToArray()], [1])], null, parameters);
        }

        var free = input.Shape.Count(d => d < 0);
        if (input.AnyRank || free > 1)
            throw Refused($"input {PublicText.Name(input.Name)}: a raw request needs at most one variable dimension, the model has [{Join(input.Shape)}]");
        var shape = input.Shape.ToArray();
        if (free == 1)
        {
            var known = (Int128)ShapeMath.TryCount(shape.Where(d => d >= 0).ToArray()) * input.Datatype.ElementSize();
            if (known <= 0 || body.Length % known != 0)
                throw Refused(string.Create(CultureInfo.InvariantCulture, $"input {PublicText.Name(input.Name)}: {body.Length} bytes cannot be divided into shape [{Join(shape)}] of {input.Datatype.ToWire()}"));
            shape[Array.IndexOf(shape, -1)] = (long)(body.Length / known);
        }

        return new InferenceRequest(null, null, [BinaryTensors.Read(input.Name, input.Datatype, shape, body)], null, parameters);
    }

    private static void Write(Utf8JsonWriter json, InferenceResponse response, bool nested, Func<string, bool> binary) =>
        WriteHead(json, response.ModelName, response.ModelVersion, response.Id, response.Outputs, new ResponseForm(response, nested, binary));

    private static void WriteParameters<TForm>(Utf8JsonWriter json, in TForm form)
        where TForm : struct, IAnswerForm
    {
        if (!form.HasParameters)
            return;
        json.WriteStartObject("parameters"u8);
        form.WriteParameters(json);
        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, Tensor output, bool nested, bool binary)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, output.Name);
        json.WriteString("datatype"u8, output.Datatype.ToWire());
        json.WriteStartArray("shape"u8);
        foreach (var dimension in output.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        if (binary)
        {
            json.WriteStartObject("parameters"u8);
            json.WriteNumber("binary_data_size"u8, BinaryTensors.Size(output));
            json.WriteEndObject();
        }
        else
        {
            WriteData(json, output, nested);
        }

        json.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter json, Tensor output, bool nested)
    {
        var base64 = output.Bytes is { } strings && !strings.All(s => Utf8.IsValid(s));
        var nonFinite = HasNonFinite(output);
        if (base64 || nonFinite)
        {
            json.WriteStartObject("parameters"u8);
            if (base64)
                json.WriteString("content_type"u8, "base64"u8);
            else
                json.WriteBoolean("non_finite"u8, true);
            json.WriteEndObject();
        }

        json.WritePropertyName("data"u8);
        long[] shape = nested && output.Shape.Length > 1 ? output.Shape : [output.ElementCount];
        var index = 0;
        switch (output.Datatype)
        {
            case TensorDatatype.FP32 when !nonFinite && shape.Length == 1: RealNumbers.WriteArray(json, output.Span<float>()); break;
            case TensorDatatype.FP64 when !nonFinite && shape.Length == 1: RealNumbers.WriteArray(json, output.Span<double>()); break;
            case TensorDatatype.FP32: WriteArray(json, output.Span<float>(), shape, ref index, nonFinite ? WriteOrNull : static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.FP64: WriteArray(json, output.Span<double>(), shape, ref index, nonFinite ? WriteOrNull : static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.Bool: WriteArray(json, output.Span<byte>(), shape, ref index, static (j, v) => j.WriteBooleanValue(v != 0)); break;
            case TensorDatatype.UInt8: WriteArray(json, output.Span<byte>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.UInt16: WriteArray(json, output.Span<ushort>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.UInt32: WriteArray(json, output.Span<uint>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.UInt64: WriteArray(json, output.Span<ulong>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.Int8: WriteArray(json, output.Span<sbyte>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.Int16: WriteArray(json, output.Span<short>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.Int32: WriteArray(json, output.Span<int>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.Int64: WriteArray(json, output.Span<long>(), shape, ref index, static (j, v) => j.WriteNumberValue(v)); break;
            case TensorDatatype.Bytes when base64: WriteArray<byte[]>(json, output.Bytes, shape, ref index, static (j, v) => j.WriteBase64StringValue(v)); break;
            case TensorDatatype.Bytes: WriteArray<byte[]>(json, output.Bytes, shape, ref index, static (j, v) => j.WriteStringValue(v)); break;
            default: throw Refused($"output {PublicText.Name(output.Name)}: {output.Datatype.ToWire()} cannot be returned as JSON, request it with the parameter binary_data");
        }
    }

    private static void WriteArray<T>(Utf8JsonWriter json, ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ref int index, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray();
        for (var i = 0L; i < shape[0]; i++)
        {
            if (shape.Length > 1)
                WriteArray(json, values, shape[1..], ref index, write);
            else
                write(json, values[index++]);
        }

        json.WriteEndArray();
    }

    private static void WriteOrNull(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }

    private static void WriteOrNull(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }

    private static bool HasNonFinite(Tensor tensor)
    {
        if (tensor.Datatype == TensorDatatype.FP32)
        {
            foreach (var value in tensor.Span<float>())
            {
                if (!float.IsFinite(value))
                    return true;
            }
        }
        else if (tensor.Datatype == TensorDatatype.FP64)
        {
            foreach (var value in tensor.Span<double>())
            {
                if (!double.IsFinite(value))
                    return true;
            }
        }

        return false;
    }

    private static void WriteParameter(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double: json.WriteNullValue(); break;
            default: throw new ArgumentException($"a parameter cannot be of type {value.GetType().Name}", nameof(value));
        }
    }

    private static void WriteTensors(Utf8JsonWriter json, string member, IReadOnlyList<TensorMetadata> tensors)
    {
        json.WriteStartArray(member);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, tensor.Name);
            json.WriteString("datatype"u8, tensor.Datatype.ToWire());
            json.WriteStartArray("shape"u8);
            foreach (var dimension in tensor.Shape)
                json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static bool IsBinary(RawInput input) => input.Parameters?.ContainsKey("binary_data_size") == true;

    private static void CheckSize(long bytes)
    {
        if (bytes > InferenceLimits.MaximumBodyBytes)
            throw new OpenInferenceException(413, string.Create(CultureInfo.InvariantCulture, $"the request has {bytes} bytes; {InferenceLimits.MaximumBodyBytes} are allowed"));
    }

    private static string Join(long[] shape) => string.Join(',', shape);

    private static OpenInferenceException Refused(string message) => new(400, message);

    private static OpenInferenceException Refused(RawInput input, string message) => new(400, $"input {PublicText.Name(input.Name!)}: {message}");

    private readonly struct ResponseForm(InferenceResponse response, bool nested, Func<string, bool> binary) : IAnswerForm
    {
        public bool IsNested => nested;

        public bool HasParameters => response.Parameters is { Count: > 0 };

        public bool HasLateParameters => false;

        public bool IsBinary(string output) => binary(output);

        public void WriteParameters(Utf8JsonWriter json)
        {
            foreach (var (name, value) in response.Parameters!)
            {
                json.WritePropertyName(name);
                WriteParameter(json, value);
            }
        }
    }
}
