using System.Security.Cryptography;
using System.Text.Json;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// The JSON form of configurations, states, looks and steps: camel-cased, numbers in their shortest round-trip form, so that a replay is exact.
/// </summary>
public static class ExperimentJson
{
    /// <summary>The options to read and write with.</summary>
    public static readonly JsonSerializerOptions Options = Create();

    /// <summary>SHA-256 over the JSON of a value, lower-case hex: freezes a configuration, and shows that a replay gave the same state.</summary>
    public static string Hash<T>(T value) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, Options)));

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
            PropertyNameCaseInsensitive = false,
            MaxDepth = 32,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
