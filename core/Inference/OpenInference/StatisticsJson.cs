using System.Buffers;
using System.Text.Json;
using Iml4e.Inference.Statistics;

namespace Iml4e.Inference.OpenInference;

/// <summary>The answer of the statistics extension.</summary>
public static class StatisticsJson
{
    /// <summary>Writes the statistics of model versions.</summary>
    public static void Write(IBufferWriter<byte> writer, IEnumerable<(string Model, string Version, ModelStatistics Statistics)> versions)
    {
        using var json = new Utf8JsonWriter(writer);
        json.WriteStartObject();
        json.WriteStartArray("model_stats"u8);
        foreach (var (model, version, statistics) in versions)
            Write(json, model, version, statistics);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private static void Write(Utf8JsonWriter json, string model, string version, ModelStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, model);
        json.WriteString("version"u8, version);
        json.WriteNumber("last_inference"u8, statistics.LastInference);
        json.WriteNumber("inference_count"u8, statistics.InferenceCount);
        json.WriteNumber("execution_count"u8, statistics.ExecutionCount);
        json.WriteStartObject("inference_stats"u8);
        Write(json, "success", statistics.Success);
        Write(json, "fail", statistics.Fail);
        Write(json, "queue", statistics.Queue);
        Write(json, "compute_input", statistics.ComputeInput);
        Write(json, "compute_infer", statistics.ComputeInfer);
        Write(json, "compute_output", statistics.ComputeOutput);
        Write(json, "cache_hit", statistics.CacheHit);
        Write(json, "cache_miss", statistics.CacheMiss);
        json.WriteEndObject();
        json.WriteStartArray("batch_stats"u8);
        foreach (var batch in statistics.Batches)
        {
            json.WriteStartObject();
            json.WriteNumber("batch_size"u8, batch.Size);
            Write(json, "compute_input", batch.ComputeInput);
            Write(json, "compute_infer", batch.ComputeInfer);
            Write(json, "compute_output", batch.ComputeOutput);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Tally tally)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count"u8, tally.Count);
        json.WriteNumber("ns"u8, tally.Nanoseconds);
        json.WriteEndObject();
    }
}
