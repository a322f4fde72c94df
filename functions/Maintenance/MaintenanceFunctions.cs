using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Maintenance;

/// <summary>
/// Keeps the storage tidy: artefacts that nothing names any more, uploads that were cut off, logs that their policies keep no longer, checkpoints of runs that
/// have ended.
/// </summary>
internal sealed class MaintenanceFunctions(
    CatalogStore catalog, CatalogInspection inspection, IOptions<AppOptions> options, TimeProvider time, ILogger<MaintenanceFunctions> logger)
{
    [Function("GetGarbage")]
    [Operation("What the next collection of garbage would delete: artefacts that nothing names, past their grace time, and uploads that were cut off. Deletes nothing.")]
    public async Task<IResult> Garbage(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/maintenance/garbage")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiJson.Ok(await inspection.GarbageAsync(cancellationToken));

    [Function("CollectGarbage")]
    public async Task Collect([TimerTrigger("0 30 3 * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var expired = await catalog.ExpireLogsAsync(time.GetUtcNow(), cancellationToken);
        if (expired > 0)
            logger.LogInformation("{Blobs} log blobs were deleted, as the logging policies of their models say.", expired);
        var ended = await catalog.ExpireCheckpointsAsync(cancellationToken);
        if (ended > 0)
            logger.LogInformation("The checkpoints of {Runs} runs that have ended were deleted.", ended);
        if (!options.Value.CollectGarbage)
            return;
        var report = await inspection.CollectAsync(cancellationToken);
        logger.LogInformation(
            "Of {Artefacts} artefacts {Garbage} were garbage and deleted ({Bytes} bytes), {Young} more are within their grace time; {Uploads} cut-off uploads were removed.",
            report.Artefacts, report.Garbage, report.GarbageBytes, report.Young, report.AbandonedUploads);
    }
}
