using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Datasets;
using Iml4e.Functions.Serving;
using Iml4e.Functions.Validation;
using Iml4e.Learning.Networks;

namespace Iml4e.Functions.Jobs;

/// <summary>Makes the context of a job over the catalogue.</summary>
internal sealed class JobContextFactory(CatalogStore catalog, DatasetService datasets, ModelSessions sessions, JobProgressReporter progress)
{
    /// <summary>A context for one activity of a job.</summary>
    public async Task<CatalogJobContext> CreateAsync(JobStart job, CancellationToken cancellationToken)
    {
        var run = await catalog.Runs.GetAsync(job.JobId, cancellationToken)
            ?? throw new InvalidOperationException($"The record of job {job.JobId} is missing.");
        return new CatalogJobContext(job, run.StartedAt, catalog, datasets, sessions, progress);
    }
}

/// <summary>A job's access to data sets, models and artefacts; notes what was read and written for the run's lineage.</summary>
internal sealed class CatalogJobContext(
    JobStart job, DateTimeOffset startedAt, CatalogStore catalog, DatasetService datasets, ModelSessions sessions, JobProgressReporter progress) : IJobContext
{
    private readonly List<RunArtefact> _inputs = [];
    private readonly List<RunArtefact> _outputs = [];

    /// <inheritdoc/>
    public string JobId { get; } = job.JobId;

    /// <inheritdoc/>
    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <inheritdoc/>
    public async Task<DatasetInput> ReadDatasetAsync(string dataset, string? version, CancellationToken cancellationToken)
    {
        var details = await FindVersionAsync(dataset, version, cancellationToken);
        var frame = await datasets.ReadAsync(details, cancellationToken);
        return new DatasetInput(dataset, details.Version, [.. details.Parts.Select(p => p.Digest)], frame, (int)(details.Parts[^1].Rows ?? frame.RowCount));
    }

    /// <inheritdoc/>
    public async Task<DatasetFiles> FindDatasetAsync(string dataset, string? version, CancellationToken cancellationToken)
    {
        var details = await FindVersionAsync(dataset, version, cancellationToken);
        return new DatasetFiles(dataset, details.Version, [.. details.Parts.Select(p => new DatasetFile(p.Name, p.MediaType, p.Digest))]);
    }

    /// <inheritdoc/>
    public async Task<string?> FindOutputAsync(string jobId, string role, CancellationToken cancellationToken)
    {
        if (jobId.Length is 0 or > 100 || !jobId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            return null;
        var run = await catalog.Runs.GetAsync(jobId, cancellationToken);
        return run?.Outputs.LastOrDefault(o => o.Role == role)?.Digest;
    }

    /// <inheritdoc/>
    public async Task<string?> FindPredictionsAsync(string dataset, string name, CancellationToken cancellationToken)
    {
        if (await StoredPredictions.FindAsync(catalog, dataset, name, cancellationToken) is not { } found)
            return null;
        lock (_inputs)
            _inputs.Add(new RunArtefact("predictions", found.Digest, $"{dataset}/{name}"));
        return found.Digest;
    }

    /// <inheritdoc/>
    public async Task<ModelInput> OpenModelAsync(string model, string versionOrAlias, CancellationToken cancellationToken)
    {
        if (job.Candidate is { } candidate && candidate.Model == model && versionOrAlias == GateSubject.Challenger)
            return await OpenCandidateAsync(candidate, cancellationToken);
        if (!ResourceName.IsValid(model) || await catalog.Models.GetAsync(model, cancellationToken) is not { } found)
            throw new JobInputException("model", $"there is no model '{model}'");
        var name = found.Aliases.GetValueOrDefault(versionOrAlias) ?? versionOrAlias;
        if (found.Versions.All(v => v.Version != name))
            throw new JobInputException("version", $"model '{model}' has no version or alias '{versionOrAlias}'");
        var details = (await catalog.Models.GetVersionAsync(model, name, cancellationToken))!;
        lock (_inputs)
            _inputs.Add(new RunArtefact("model", details.Digest, $"{model}/{name}"));
        var lease = await sessions.GetAsync(details, cancellationToken);
        return new ModelInput(model, name, details.Digest, lease.Session, lease);
    }

    /// <inheritdoc/>
    public async Task<string> StoreAsync(ReadOnlyMemory<byte> content, string mediaType, string role, CancellationToken cancellationToken)
    {
        var artefact = await catalog.Artefacts.PutAsync(content, mediaType, cancellationToken);
        lock (_outputs)
            _outputs.Add(new RunArtefact(role, artefact.Digest));
        return artefact.Digest;
    }

    /// <inheritdoc/>
    public void Name(string digest, string role)
    {
        lock (_outputs)
            _outputs.Add(new RunArtefact(role, digest));
    }

    /// <inheritdoc/>
    public async Task<byte[]> ReadAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.Artefacts.ReadAsync(digest, cancellationToken);
        }
        catch (Exception e) when (e is CatalogNotFoundException or CatalogArgumentException)
        {
            throw new JobInputException("", e.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.Artefacts.OpenReadAsync(digest, cancellationToken);
        }
        catch (Exception e) when (e is CatalogNotFoundException or CatalogArgumentException)
        {
            throw new JobInputException("", e.Message);
        }
    }

    /// <inheritdoc/>
    public ICheckpointStore OpenCheckpoints(string training, CancellationToken cancellationToken) =>
        new JobCheckpoints(catalog.Checkpoints, $"{JobId}/{training}", cancellationToken);

    /// <inheritdoc/>
    public void Report(double fraction, string message) => progress.Report(JobId, fraction, message);

    /// <summary>Adds what was read and written to the run record.</summary>
    public Task SaveLineageAsync(CancellationToken cancellationToken) =>
        _inputs.Count == 0 && _outputs.Count == 0
            ? Task.CompletedTask
            : catalog.Runs.UpdateAsync(
                JobId,
                run => run with { Inputs = [.. run.Inputs.Union(_inputs)], Outputs = [.. run.Outputs.Union(_outputs)] },
                cancellationToken);

    private async Task<DatasetVersion> FindVersionAsync(string dataset, string? version, CancellationToken cancellationToken)
    {
        if (!ResourceName.IsValid(dataset) || await catalog.Datasets.GetAsync(dataset, cancellationToken) is not { } found)
            throw new JobInputException("dataset", $"there is no data set '{dataset}'");
        var name = version ?? found.Versions.LastOrDefault()?.Version ?? throw new JobInputException("dataset", $"data set '{dataset}' has no version");
        var details = await catalog.Datasets.GetVersionAsync(dataset, name, cancellationToken)
            ?? throw new JobInputException("datasetVersion", $"data set '{dataset}' has no version '{name}'");
        lock (_inputs)
        {
            foreach (var part in details.Parts)
                _inputs.Add(new RunArtefact("dataset", part.Digest, $"{dataset}/{name}/{part.Name}"));
        }

        return details;
    }

    private async Task<ModelInput> OpenCandidateAsync(JobCandidate candidate, CancellationToken cancellationToken)
    {
        lock (_inputs)
            _inputs.Add(new RunArtefact("model", candidate.Digest, $"{candidate.Model}/{GateSubject.Challenger}"));
        var lease = await sessions.GetAsync(
            new ModelVersion
            {
                Model = candidate.Model, Version = GateSubject.Challenger, Key = candidate.RunId, Digest = candidate.Digest, RunId = candidate.RunId,
            },
            cancellationToken);
        return new ModelInput(candidate.Model, GateSubject.Challenger, candidate.Digest, lease.Session, lease);
    }
}
