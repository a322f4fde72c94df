using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Reporting;
using Iml4e.Functions.OpenApi;
using Iml4e.Functions.Tracking;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Jobs;

/// <summary>Every technique over HTTP: start, look up, report, cancel.</summary>
internal sealed class JobFunctions(CatalogStore catalog, JobKinds kinds, JobService jobs, TimeProvider time, JobProgressReporter progress, TrackingService tracking)
{
    [Function("ListJobKinds")]
    [Operation("The kinds of job.")]
    public IResult Kinds([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/job-kinds")] HttpRequest request) =>
        ApiJson.Ok(new { kinds = kinds.All.Select(k => new { k.Name, k.Summary }) });

    [Function("StartJob")]
    [Operation("Starts a job.", Query = ["id: the same id never starts two jobs"], Headers = ["Idempotency-Key: as id"], Status = 202)]
    public async Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/jobs/{kind}")] HttpRequest request, string kind,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        kinds.Get(kind);
        var document = await RequestBody.ReadDocumentAsync(request, cancellationToken);
        var id = request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key ? key
            : request.Query["id"].ToString() is { Length: > 0 } given ? given
            : Guid.NewGuid().ToString("N");
        var start = await jobs.StartAsync(client, kind, document, id, null, cancellationToken);
        return ApiJson.Accepted(
            $"/api/jobs/{start.JobId}",
            new { id = start.JobId, statusUrl = $"/api/jobs/{start.JobId}", reportUrl = $"/api/jobs/{start.JobId}/report" });
    }

    [Function("ListJobs")]
    [Operation("The newest jobs.", Query = ["kind: only this kind", "top: how many, 1 to 500"])]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/jobs")] HttpRequest request, CancellationToken cancellationToken)
    {
        var top = 50;
        if (request.Query["top"].ToString() is { Length: > 0 } text && (!int.TryParse(text, out top) || top is < 1 or > 500))
            throw ApiException.Invalid("top", "must be a whole number from 1 to 500");
        var kind = request.Query["kind"].ToString() is { Length: > 0 } k ? k : null;
        var page = await catalog.Runs.ListAsync(new RunFilter { Kind = kind }, top, null, cancellationToken);
        return ApiJson.Ok(new { jobs = page.Runs.Select(r => Describe(r, null, null)) });
    }

    [Function("GetJob")]
    [Operation("A job: status, progress, metrics.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/jobs/{id}")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var (run, instance) = await FindAsync(client, id, cancellationToken);
        var unit = instance is { RuntimeStatus: OrchestrationRuntimeStatus.Running } ? await progress.FindAsync(id, cancellationToken) : null;
        var note = tracking.IsOn && run is { Status: RunStatus.Completed } ? await tracking.FindAsync(id, cancellationToken) : null;
        return ApiJson.Ok(Describe(run, instance, unit, note));
    }

    [Function("GetJobReport")]
    [Operation("The report of a job, as HTML or JSON by the Accept header.")]
    public Task<IResult> Report(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/jobs/{id}/report")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        ReportAsync(client, id, FormatOf(request.Headers.Accept.ToString()), cancellationToken);

    [Function("GetJobReportJson")]
    [Operation("The report of a job as JSON.")]
    public Task<IResult> ReportAsJson(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/jobs/{id}/report.json")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) => ReportAsync(client, id, ReportFormat.Json, cancellationToken);

    [Function("GetJobReportHtml")]
    [Operation("The report of a job as HTML.")]
    public Task<IResult> ReportAsHtml(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/jobs/{id}/report.html")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) => ReportAsync(client, id, ReportFormat.Html, cancellationToken);

    [Function("GetJobReportPdf")]
    [Operation("The report of a job as PDF.")]
    public Task<IResult> ReportAsPdf(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/jobs/{id}/report.pdf")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) => ReportAsync(client, id, ReportFormat.Pdf, cancellationToken);

    [Function("CancelJob")]
    [Operation("Cancels a job.")]
    public async Task<IResult> Cancel(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/jobs/{id}")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var (run, instance) = await FindAsync(client, id, cancellationToken);
        // The record first: activities that run see the wish there; then the orchestration, so that nothing new is scheduled. The last activity may be quicker.
        if (run is not null && instance is not { IsCompleted: true })
        {
            run = await catalog.Runs.UpdateAsync(
                id,
                r => HasEnded(r) ? r : r with { Status = RunStatus.Cancelled, EndedAt = time.GetUtcNow(), Error = "cancelled" },
                cancellationToken);
        }

        if (instance is { IsCompleted: true } || (run is not null && HasEnded(run)))
            throw new ApiException(409, "job.finished", $"Job '{id}' has ended already.");
        await client.TerminateInstanceAsync(JobService.InstanceId(id), new TerminateInstanceOptions("cancelled", Recursive: true), cancellationToken);
        return ApiJson.Ok(new { id, status = "cancelled" });
    }

    private static bool HasEnded(RunRecord run) => run.Status is RunStatus.Completed or RunStatus.Failed;

    private async Task<(RunRecord? Run, OrchestrationMetadata? Instance)> FindAsync(DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        if (id.Length > 100 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw ApiException.NotFound("job", id);
        // The record is ended before the orchestration is: in this order an ended one is never told with a record of before.
        var instance = await client.GetInstanceAsync(JobService.InstanceId(id), getInputsAndOutputs: true, cancellationToken);
        var run = await catalog.Runs.GetAsync(id, cancellationToken);
        return run is null && instance is null ? throw ApiException.NotFound("job", id) : (run, instance);
    }

    private static ReportFormat FormatOf(string accepted) =>
        accepted.Contains("text/html", StringComparison.OrdinalIgnoreCase) ? ReportFormat.Html
        : accepted.Contains("application/pdf", StringComparison.OrdinalIgnoreCase) ? ReportFormat.Pdf
        : ReportFormat.Json;

    private async Task<IResult> ReportAsync(DurableTaskClient client, string id, ReportFormat format, CancellationToken cancellationToken)
    {
        var (run, _) = await FindAsync(client, id, cancellationToken);
        if (run?.Outputs.LastOrDefault(o => o.Role == "report") is not { } report)
        {
            throw new ApiException(
                404, "report.missing", run is { Status: RunStatus.Failed } ? $"Job '{id}' failed: {run.Error}" : $"Job '{id}' has no report yet.");
        }

        var json = await catalog.Artefacts.ReadAsync(report.Digest, cancellationToken);
        return format switch
        {
            ReportFormat.Html => Results.Content(await ReportHtml.RenderAsync(ReportJson.Read(json)), "text/html; charset=utf-8"),
            ReportFormat.Pdf => Results.Bytes(ReportPdf.Render(ReportJson.Read(json)), "application/pdf"),
            _ => Results.Bytes(json, "application/json"),
        };
    }

    private static object Describe(RunRecord? run, OrchestrationMetadata? instance, UnitProgress? unit, TrackingNote? note = null)
    {
        var across = instance?.SerializedCustomStatus is null ? null : instance.ReadCustomStatusAs<JobProgress>();
        var start = instance?.SerializedInput is null ? null : instance.ReadInputAs<JobStart>();
        var status = instance?.RuntimeStatus switch
        {
            null => run!.Status.ToString().ToLowerInvariant(),
            _ when run?.Status == RunStatus.Cancelled => "cancelled",
            OrchestrationRuntimeStatus.Completed => "completed",
            OrchestrationRuntimeStatus.Failed => "failed",
            OrchestrationRuntimeStatus.Terminated => "cancelled",
            OrchestrationRuntimeStatus.Pending => "pending",
            _ => "running",
        };
        return new
        {
            id = run?.RunId ?? start?.JobId,
            kind = run?.Kind ?? start?.Kind,
            pipeline = run?.Pipeline,
            status,
            progress = across is null ? null : new
            {
                // Whole units, and the part of the one that is being worked on.
                done = across.Done + (unit is not null && across.Done < across.Total ? unit.Fraction : 0),
                total = across.Total,
                message = unit?.Message ?? across.Message,
            },
            startedAt = run?.StartedAt,
            endedAt = run?.EndedAt,
            accepted = run?.Accepted,
            metrics = run?.Metrics,
            tracking = note is null ? null : new { note.State, note.ServerRunId, note.Error, note.Attempts },
            inputs = run?.Inputs,
            outputs = run?.Outputs,
            error = status == "failed" ? run?.Error ?? "the job failed" : run?.Error,
        };
    }
}
