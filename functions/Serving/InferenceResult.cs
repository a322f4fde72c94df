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
            InferenceJson.WriteHead(json.Writer, Describe(started), request.Nested, request.IsBinary);
            var head = json.Flush();
            long length = head.Length;
            foreach (var output in answer.Outputs)
                length += binary && request.IsBinary(output.Name) ? BinaryTensors.Size(output) : 0;
            response.ContentType = binary ? "application/octet-stream" : "application/json";
            response.ContentLength = length;
            response.Headers["x-prediction-id"] = answer.PredictionId;
            if (binary)
                response.Headers[InferenceBody.LengthHeader] = head.Length.ToString(CultureInfo.InvariantCulture);
            if (httpContext.Request.Headers.TraceParent.Count > 0 && Activity.Current is { ParentId: not null, Id: { } trace })
                response.Headers.TraceParent = trace;
            response.BodyWriter.Write(head);
            foreach (var output in answer.Outputs)
            {
                if (binary && request.IsBinary(output.Name))
                    BinaryTensors.Write(response.BodyWriter, output);
            }

            if (json.Reset() <= LargestKept)
                spare = json;
            answer.Statistics.Written(Stopwatch.GetElapsedTime(started));
        }

        body.Memory.Dispose();
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    private InferenceResponse Describe(long started)
    {
        var parameters = new Dictionary<string, object>(4) { ["prediction_id"] = answer.PredictionId, ["variant"] = answer.Variant.ToWire() };
        if (answer.CachedFrom is { } original)
        {
            parameters["cache_hit"] = true;
            parameters["cached_prediction_id"] = original;
        }

        var response = new InferenceResponse(answer.Model, answer.Version, answer.Request.Id, answer.Outputs);
        if (!answer.Request.Timings)
            return response with { Parameters = parameters };
        return response with
        {
            LateParameters = () =>
            {
                parameters["deserialise_ns"] = (long)answer.Deserialised.TotalNanoseconds;
                parameters["queue_ns"] = (long)answer.Waited.TotalNanoseconds;
                parameters["compute_ns"] = (long)answer.Computed.TotalNanoseconds;
                parameters["serialise_ns"] = (long)Stopwatch.GetElapsedTime(started).TotalNanoseconds;
                return parameters;
            },
        };
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
