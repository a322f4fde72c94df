using System.Text.Json;
using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Learning.Networks;

namespace Iml4e.Assessment.Jobs;

/// <summary>A data set version that a job read: its name, version and the digests of its parts, for the lineage.</summary>
public sealed record DatasetInput(string Dataset, string Version, IReadOnlyList<string> Digests, DataFrame Frame, int NewestPartRows);

/// <summary>A data set version as the files that were uploaded, for data that are no table.</summary>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Version">Its version.</param>
/// <param name="Parts">Its files in order.</param>
public sealed record DatasetFiles(string Dataset, string Version, IReadOnlyList<DatasetFile> Parts);

/// <summary>A file of a data set version.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MediaType">What it holds.</param>
/// <param name="Digest">Its digest; <see cref="IJobContext.ReadAsync"/> reads it.</param>
public sealed record DatasetFile(string Name, string MediaType, string Digest);

/// <summary>A model version that a job uses: a leased session, with the identity for the lineage. Dispose it to give the session back.</summary>
public sealed record ModelInput(string Model, string Version, string Digest, ModelSession Session, IDisposable Lease) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Lease.Dispose();
}

/// <summary>
/// What a job kind may do with the world: read data sets and models, store artefacts, tell progress. Implemented over the catalogue by the function app,
/// so that techniques stay pure computation.
/// </summary>
public interface IJobContext
{
    /// <summary>Identity of the job, unique in the app; the same for all activities of one job.</summary>
    string JobId { get; }

    /// <summary>When the job was started, UTC; the same for all its activities, so that a repeated step makes the same report.</summary>
    DateTimeOffset StartedAt { get; }

    /// <summary>Reads a data set version as one frame; the newest when no version is named. Recorded as an input of the run.</summary>
    /// <exception cref="JobInputException">The data set or version is unknown, or its content cannot be read.</exception>
    Task<DatasetInput> ReadDatasetAsync(string dataset, string? version, CancellationToken cancellationToken);

    /// <summary>Finds the files of a data set version; the newest when no version is named. Recorded as inputs of the run.</summary>
    /// <exception cref="JobInputException">The data set or version is unknown.</exception>
    Task<DatasetFiles> FindDatasetAsync(string dataset, string? version, CancellationToken cancellationToken);

    /// <summary>Digest of an artefact that another job stored under a role; null where there is no such job, or it stored none.</summary>
    Task<string?> FindOutputAsync(string jobId, string role, CancellationToken cancellationToken);

    /// <summary>Digest of the newest predictions that were stored beside a data set under a name; null where there are none.</summary>
    Task<string?> FindPredictionsAsync(string dataset, string name, CancellationToken cancellationToken);

    /// <summary>Leases the session of a model version, named by number or alias. Recorded as an input of the run.</summary>
    /// <exception cref="JobInputException">The model, version or alias is unknown.</exception>
    Task<ModelInput> OpenModelAsync(string model, string versionOrAlias, CancellationToken cancellationToken);

    /// <summary>Stores bytes as an artefact and returns its digest. Recorded as an output of the run under the given role.</summary>
    Task<string> StoreAsync(ReadOnlyMemory<byte> content, string mediaType, string role, CancellationToken cancellationToken);

    /// <summary>Names an artefact that is there already as an output of the run, under the given role.</summary>
    void Name(string digest, string role);

    /// <summary>Reads an artefact that an earlier step of the job stored.</summary>
    Task<byte[]> ReadAsync(string digest, CancellationToken cancellationToken);

    /// <summary>Opens an artefact to be read from its start; its last read fails when the bytes are not those stored.</summary>
    /// <exception cref="JobInputException">There is no such artefact.</exception>
    Task<Stream> OpenAsync(string digest, CancellationToken cancellationToken);

    /// <summary>
    /// Where a training of the job keeps how far it is, so that another process carries on when this one is killed; null where nothing is kept. It goes with
    /// the job's end.
    /// </summary>
    /// <param name="training">Name of the training, unique in the job: letters, digits and dashes.</param>
    /// <param name="cancellationToken">Ends what is under way.</param>
    ICheckpointStore? OpenCheckpoints(string training, CancellationToken cancellationToken) => null;

    /// <summary>Tells how far the current step is, 0..1; cheap, may be called often.</summary>
    void Report(double fraction, string message);
}

/// <summary>Something that a job's request names does not exist or cannot be read; the message is "path: detail", so that the path outlives the step.</summary>
public sealed class JobInputException(string path, string detail) : Exception(path.Length == 0 ? detail : $"{path}: {detail}")
{
    /// <summary>Path of the request's field, such as <c>dataset</c>; empty for the request as a whole.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong there, without the path.</summary>
    public string Detail { get; } = detail;
}

/// <summary>What a job ends with.</summary>
public sealed record JobResult
{
    /// <summary>Named figures of the job, by metric name in snake case; null where a metric is not defined on the data.</summary>
    public required IReadOnlyDictionary<string, double?> Metrics { get; init; }

    /// <summary>The report, rendered on demand as JSON and HTML.</summary>
    public required Reporting.Report Report { get; init; }

    /// <summary>Result of the request's accept expression; null when none was given.</summary>
    public bool? Accepted { get; init; }

    /// <summary>Why it was accepted or not, with the figures put in; null when no expression was given.</summary>
    public string? Explanation { get; init; }

    /// <summary>What an experiment tracker is to be told; null = nothing.</summary>
    public TrackedRun? Tracked { get; init; }

    /// <summary>What a follow-up step needs, such as the digest of the trained model.</summary>
    public JsonElement? Output { get; init; }
}
