using Iml4e.Catalog;
using Iml4e.Inference;
using Iml4e.Inference.Probing;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Models;

/// <summary>
/// Lets models into this process that have been tried in another one: at registration, which is remembered with the version, or else when a version that was
/// never tried is first loaded. A prediction never waits for it.
/// </summary>
internal sealed class ModelVetting(CatalogStore catalog, ModelProbe probe, SessionSettings session, IOptions<AppOptions> options)
{
    /// <summary>What a model was tried with; null when models are not tried.</summary>
    public string? Mark => options.Value.ProbeModels ? ModelProbe.Runtime : null;

    /// <summary>Makes ready for a model that is about to arrive.</summary>
    public void Prepare()
    {
        if (options.Value.ProbeModels)
            _ = Task.Run(probe.Prepare);
    }

    /// <summary>Tries a model, or loads it here when the app is set so, and says what it takes and gives.</summary>
    /// <exception cref="InvalidModelException">The model is refused.</exception>
    /// <exception cref="ProbeUnavailableException">It cannot be tried now.</exception>
    public async Task<ModelMetadata> CheckAsync(ReadOnlyMemory<byte> onnx, CancellationToken cancellationToken)
    {
        if (options.Value.ProbeModels)
            return await probe.CheckAsync(onnx, cancellationToken);
        using var loaded = ModelSession.Load(onnx.Span, session);
        return loaded.Metadata;
    }

    /// <summary>The bytes of a version, fit to be loaded here. What was trained here is.</summary>
    /// <exception cref="InvalidModelException">The version was never tried until now, and is refused.</exception>
    public async Task<byte[]> ReadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var onnx = await catalog.Artefacts.ReadAsync(version.Digest, cancellationToken);
        if (options.Value.ProbeModels && version is { ProbedWith: null, RunId: null })
            await probe.CheckAsync(onnx, cancellationToken);
        return onnx;
    }
}
