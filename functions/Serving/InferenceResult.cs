using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Iml4e.Inference.OpenInference;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Serving;

/// <summary>Writes the answer of a prediction: JSON, then the binary tensors straight from the runtime's memory; then gives all memory back.</summary>
internal sealed class InferenceResult(PredictionAnswer answer, InferenceBody body, AdmissionPass pass) : IResult
{
    private const int LargestKept = 1 << 20;

    [ThreadStatic]
    private static JsonBuffer? spare;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var request = answer.Request;
        var response = httpContext.Response;
        using (pass)
        using (answer)
        {
            var started = Stopwatch.GetTimestamp();
            var binary = request.AnyBinaryOutput;
            var json = spare ?? new JsonBuffer();
            spare = null;
            var outputs = answer.Outputs;
            InferenceJson.WriteHead(json.Writer, answer.Model, answer.Version, request.Id, outputs, new Form(answer, started));
            var head = json.Flush();
            long length = head.Length;
            for (var i = 0; binary && i < outputs.Count; i++)
                length += request.IsBinary(outputs[i].Name) ? BinaryTensors.Size(outputs[i]) : 0;
            response.ContentType = binary ? "application/octet-stream" : "application/json";
            response.ContentLength = length;
            // Two specifications, two names.
            response.Headers["x-prediction-id"] = answer.PredictionId;
            response.Headers["x-iml4e-prediction-id"] = answer.PredictionId;
            response.Headers["x-iml4e-variant"] = answer.Variant.ToWire();
            response.Headers["x-iml4e-model-version"] = answer.Version;
            response.Headers["x-iml4e-routing-version"] = answer.RoutingVersion;
            if (binary)
                response.Headers[InferenceBody.LengthHeader] = head.Length.ToString(CultureInfo.InvariantCulture);
            if (httpContext.Request.Headers.TraceParent.Count > 0 && Activity.Current is { ParentId: not null, Id: { } trace })
                response.Headers.TraceParent = trace;
            response.BodyWriter.Write(head);
            for (var i = 0; binary && i < outputs.Count; i++)
            {
                if (request.IsBinary(outputs[i].Name))
                    BinaryTensors.Write(response.BodyWriter, outputs[i]);
            }

            if (json.Reset() <= LargestKept)
                spare = json;
            answer.Statistics.Written(Stopwatch.GetElapsedTime(started));
        }

        body.Memory.Dispose();
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    private readonly struct Form(PredictionAnswer answer, long started) : IAnswerForm
    {
        public bool IsNested => answer.Request.Nested;

        public bool HasParameters => true;

        public bool HasLateParameters => answer.Request.Timings;

        public bool IsBinary(string output) => answer.Request.IsBinary(output);

        public void WriteParameters(Utf8JsonWriter json)
        {
            json.WriteString("prediction_id"u8, answer.PredictionId);
            json.WriteString("variant"u8, answer.Variant.ToWire());
            if (answer.CachedFrom is { } original)
            {
                json.WriteBoolean("cache_hit"u8, true);
                json.WriteString("cached_prediction_id"u8, original);
            }

            if (!answer.Request.Timings)
                return;
            json.WriteNumber("deserialise_ns"u8, (long)answer.Deserialised.TotalNanoseconds);
            json.WriteNumber("queue_ns"u8, (long)answer.Waited.TotalNanoseconds);
            json.WriteNumber("compute_ns"u8, (long)answer.Computed.TotalNanoseconds);
            json.WriteNumber("serialise_ns"u8, (long)Stopwatch.GetElapsedTime(started).TotalNanoseconds);
        }
    }

    private sealed class JsonBuffer
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(4096);

        public JsonBuffer() => Writer = new Utf8JsonWriter(_bytes, new JsonWriterOptions { SkipValidation = true });

        public Utf8JsonWriter Writer { get; }

        public ReadOnlySpan<byte> Flush()
        {
            Writer.Flush();
            return _bytes.WrittenSpan;
        }

        /// <summary>Empties it; gives the bytes it holds on to.</summary>
        public int Reset()
        {
            _bytes.ResetWrittenCount();
            Writer.Reset();
            return _bytes.Capacity;
        }
    }
}
