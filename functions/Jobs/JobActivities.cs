using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Iml4e.Functions.Tracking;
using Iml4e.Learning;
using Iml4e.Reporting;

namespace Iml4e.Functions.Jobs;

/// <summary>The activities of a job. Each may run twice: what they store is content-addressed, and the run record is written by replacing it.</summary>
internal sealed class JobActivities(
    CatalogStore catalog,
    JobKinds kinds,
    JobContextFactory contexts,
    JobCancellation cancellation,
    JobProgressReporter progress,
    AppMetrics metrics,
    TimeProvider time,
    TrackingService tracking)
{
    /// <summary>Whether a failure lies in the request or its data, so that trying again cannot help.</summary>
    public static bool IsCallersFault(TaskFailureDetails failure) =>
        failure.IsCausedBy<JobInputException>() || failure.IsCausedBy<DocumentException>() || failure.IsCausedBy<TrainingDataException>()
        || failure.IsCausedBy<Inference.InvalidModelException>() || failure.IsCausedBy<OperationCanceledException>();

    [Function(nameof(PlanJob))]
    public async Task<JobPlan> PlanJob([ActivityTrigger] JobStart job, CancellationToken cancellationToken)
    {
        using var running = await cancellation.TrackAsync(job.JobId, cancellationToken);
        var kind = kinds.Get(job.Kind);
        var request = await ReadJsonAsync(job.RequestDigest, running.Token);
        var earlier = await catalog.Runs.GetAsync(job.JobId, cancellationToken);
        await catalog.Runs.SaveAsync(
            new RunRecord
            {
                RunId = job.JobId,
                Kind = job.Kind,
                Pipeline = job.Pipeline,
                Status = RunStatus.Running,
                StartedAt = earlier?.StartedAt ?? time.GetUtcNow(),
                Parameters = JsonObject.Create(request),
                Inputs = [new RunArtefact("request", job.RequestDigest)],
            },
            cancellationToken);
        var context = await contexts.CreateAsync(job, running.Token);
        var units = await kind.PlanAsync(request, context, running.Token);
        if (units.Count == 0)
            throw new JobInputException("", "the request leaves nothing to do");
        var digest = await StoreJsonAsync(units, running.Token);
        await context.SaveLineageAsync(cancellationToken);
        return new JobPlan(units.Count, digest);
    }

    [Function(nameof(ExecuteJobUnit))]
    public async Task<string> ExecuteJobUnit([ActivityTrigger] JobUnit unit, CancellationToken cancellationToken)
    {
        using var running = await cancellation.TrackAsync(unit.Job.JobId, cancellationToken);
        var kind = kinds.Get(unit.Job.Kind);
        var request = await ReadJsonAsync(unit.Job.RequestDigest, running.Token);
        var units = await ReadJsonAsync(unit.UnitsDigest, running.Token);
        var context = await contexts.CreateAsync(unit.Job, running.Token);
        var part = await kind.ExecuteAsync(request, units[unit.Index], context, running.Token);
        var digest = await StoreJsonAsync(part, running.Token);
        await context.SaveLineageAsync(cancellationToken);
        return digest;
    }

    [Function(nameof(AggregateJob))]
    public async Task<JobSummary> AggregateJob([ActivityTrigger] JobParts parts, CancellationToken cancellationToken)
    {
        using var running = await cancellation.TrackAsync(parts.Job.JobId, cancellationToken);
        var kind = kinds.Get(parts.Job.Kind);
        var request = await ReadJsonAsync(parts.Job.RequestDigest, running.Token);
        var values = new List<JsonElement>(parts.PartDigests.Count);
        foreach (var digest in parts.PartDigests)
            values.Add(await ReadJsonAsync(digest, running.Token));
        var context = await contexts.CreateAsync(parts.Job, running.Token);
        var result = await kind.AggregateAsync(request, values, context, running.Token);
        var report = await context.StoreAsync(ReportJson.Write(result.Report), "application/json", "report", running.Token);
        if (result.Tracked is not null)
            await TrackAsync(parts.Job.JobId, result, report, context, running.Token);
        await context.SaveLineageAsync(cancellationToken);
        await catalog.Runs.UpdateAsync(
            parts.Job.JobId,
            run => run.Status == RunStatus.Cancelled
                ? run
                : run with { Status = RunStatus.Completed, EndedAt = time.GetUtcNow(), Metrics = Known(result.Metrics), Accepted = result.Accepted },
            cancellationToken);
        await progress.EndAsync(parts.Job.JobId, cancellationToken);
        await catalog.Checkpoints.DeleteRunAsync(parts.Job.JobId, cancellationToken);
        metrics.Job(parts.Job.Kind, "completed");
        return new JobSummary
        {
            JobId = parts.Job.JobId,
            Kind = parts.Job.Kind,
            Metrics = result.Metrics,
            Accepted = result.Accepted,
            Explanation = result.Explanation,
            Output = result.Output,
            ReportDigest = report,
        };
    }

    [Function(nameof(FailJob))]
    public async Task FailJob([ActivityTrigger] JobFailure failure, CancellationToken cancellationToken)
    {
        await catalog.Runs.UpdateAsync(
            failure.Job.JobId,
            run => run with
            {
                Status = failure.Cancelled || run.Status == RunStatus.Cancelled ? RunStatus.Cancelled : RunStatus.Failed,
                EndedAt = time.GetUtcNow(),
                Error = failure.Message,
            },
            cancellationToken);
        await progress.EndAsync(failure.Job.JobId, cancellationToken);
        await catalog.Checkpoints.DeleteRunAsync(failure.Job.JobId, cancellationToken);
        metrics.Job(failure.Job.Kind, failure.Cancelled ? "cancelled" : "failed");
    }

    // Written down before the job has ended, so that it is told even if this process is killed now.
    private async Task TrackAsync(string jobId, JobResult result, string report, CatalogJobContext context, CancellationToken cancellationToken)
    {
        if (!tracking.IsOn)
            return;
        var pdf = await context.StoreAsync(ReportPdf.Render(result.Report), "application/pdf", "report-pdf", cancellationToken);
        var files = new Dictionary<string, string>(result.Tracked!.Files) { ["report.json"] = report, ["report.pdf"] = pdf };
        await tracking.NoteAsync(jobId, result.Tracked with { Files = files }, cancellationToken);
    }

    /// <summary>The metrics that are defined.</summary>
    internal static Dictionary<string, double> Known(IReadOnlyDictionary<string, double?> metrics) =>
        metrics.Where(m => m.Value is not null).ToDictionary(m => m.Key, m => m.Value!.Value);

    private async Task<JsonElement> ReadJsonAsync(string digest, CancellationToken cancellationToken) =>
        JsonDocument.Parse(await catalog.Artefacts.ReadAsync(digest, cancellationToken)).RootElement;

    private async Task<string> StoreJsonAsync<T>(T value, CancellationToken cancellationToken) =>
        (await catalog.Artefacts.PutAsync(JsonSerializer.SerializeToUtf8Bytes(value, DocumentJson.Options), "application/json", cancellationToken)).Digest;
}
