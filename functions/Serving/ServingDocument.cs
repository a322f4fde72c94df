using Iml4e.Inference.Batching;
using Iml4e.Inference.Caching;

namespace Iml4e.Functions.Serving;

/// <summary>
/// How a model is served, one small document a model, changed by load and unload of the repository extension; every process that serves the model follows it
/// within the refresh time of its routing. Without a document a model is served one request a run, uncached.
/// </summary>
internal sealed record ServingDocument
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Versions that are not to be served; "*" = none is.</summary>
    public IReadOnlyList<string> Unloaded { get; init; } = [];

    /// <summary>Batching and queue.</summary>
    public BatchingSettings Batching { get; init; } = BatchingSettings.None;

    /// <summary>Response cache.</summary>
    public ResponseCacheSettings Cache { get; init; } = new();

    /// <summary>Path of the document in the catalogue.</summary>
    public static string PathOf(string model) => $"serving/{model}.json";

    /// <summary>Whether a version is not to be served.</summary>
    public bool IsUnloaded(string version) => Unloaded.Contains("*") || Unloaded.Contains(version);
}
