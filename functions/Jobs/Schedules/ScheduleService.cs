using System.Globalization;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Telemetry;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Jobs.Schedules;

/// <summary>
/// Scheduled jobs: small documents in the catalogue. A time that has come starts one job, whose id is made of the schedule's name and the time, so that several
/// processes, or one that was killed in between, start it once. Of times that were missed only the latest is made up for.
/// </summary>
internal sealed class ScheduleService(
    CatalogStore catalog, JobService jobs, JobKinds kinds, DamageReport damage, TimeProvider time, ILogger<ScheduleService> logger) : IDisposable
{
    private const string Folder = "job-schedules/";
    private const int MostSchedules = 1_000;
    private readonly DocumentMirror<StoredSchedule> _documents = new(catalog.Documents, Folder, damage.Found);

    /// <summary>All schedules by name.</summary>
    public async Task<IReadOnlyDictionary<string, StoredSchedule>> ListAsync(CancellationToken cancellationToken) =>
        (await _documents.RefreshAsync(cancellationToken)).ToDictionary(d => NameOf(d.Key), d => d.Value.Value, StringComparer.Ordinal);

    /// <summary>A schedule; 404 when there is none.</summary>
    public async Task<StoredSchedule> GetAsync(string name, CancellationToken cancellationToken) =>
        ResourceName.IsValid(name) && await catalog.Documents.ReadAsync<StoredSchedule>(PathOf(name), cancellationToken) is { } document
            ? document.Value
            : throw ApiException.NotFound("job schedule", name);

    /// <summary>Writes a schedule; true when it is new.</summary>
    /// <exception cref="DocumentException">It, or the request of its job, is not valid.</exception>
    public async Task<(StoredSchedule Schedule, bool IsNew)> PutAsync(string name, JobSchedule schedule, string actor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var errors = new ValidationErrors();
        if (ScheduleTimes.FaultOf(schedule.Cron, now) is { } fault)
            errors.Add("cron", fault);
        Check(schedule, errors);
        errors.ThrowIfAny();
        var isNew = false;
        var known = await ListAsync(cancellationToken);
        if (known.Count >= MostSchedules && !known.ContainsKey(name))
            throw new ApiException(409, "job schedules.full", $"There are {MostSchedules} schedules already.");
        var written = await catalog.Documents.UpdateAsync<StoredSchedule>(
            PathOf(name),
            old =>
            {
                isNew = old is null;
                var again = new StoredSchedule { Definition = schedule, ChangedAt = now, ChangedBy = actor, LastJob = old?.LastJob };
                return old is not null && old.Definition.Cron == schedule.Cron && old.Definition.Enabled ? again with { FiredAt = old.FiredAt } : again;
            },
            cancellationToken);
        return (written!.Value, isNew);
    }

    /// <summary>Removes a schedule; jobs that it has started go on.</summary>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        ResourceName.IsValid(name) && await catalog.Documents.DeleteAsync(PathOf(name), cancellationToken);

    /// <summary>Starts the jobs whose times have come.</summary>
    public async Task TickAsync(DurableTaskClient client, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var (name, schedule) in await ListAsync(cancellationToken))
        {
            if (!schedule.Definition.Enabled || ScheduleTimes.Due(schedule, now) is not { } due)
                continue;
            try
            {
                await FireAsync(client, name, schedule, due, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One schedule's trouble must not stop the others; the next look tries again.
                logger.LogError(e, "The job of schedule {Schedule} could not be started.", name);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _documents.Dispose();

    private async Task FireAsync(DurableTaskClient client, string name, StoredSchedule schedule, DateTimeOffset due, CancellationToken cancellationToken)
    {
        var id = $"{name}-{due.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        string? error = null;
        try
        {
            await jobs.StartAsync(client, schedule.Definition.Kind, schedule.Definition.Request.DeepClone(), id, null, cancellationToken);
        }
        catch (Exception e) when (e is DocumentException or ApiException { Status: >= 400 and < 500 })
        {
            // It was right when it was written; trying again at once cannot help.
            error = e.Message;
            logger.LogWarning("The job of schedule {Schedule} was refused: {Reason}", name, e.Message);
        }

        await catalog.Documents.UpdateAsync<StoredSchedule>(
            PathOf(name),
            // Who writes meanwhile begins anew, who deletes does not get it back.
            now => now is null || now.ChangedAt != schedule.ChangedAt || now.FiredAt >= due
                ? now
                : now with { FiredAt = due, LastJob = error is null ? id : now.LastJob, Error = error },
            cancellationToken);
    }

    private void Check(JobSchedule schedule, ValidationErrors errors)
    {
        if (!errors.Require(kinds.All.Any(k => k.Name == schedule.Kind), "kind", $"must be one of {string.Join(", ", kinds.All.Select(k => k.Name))}"))
            return;
        try
        {
            kinds.Get(schedule.Kind).Normalise(schedule.Request.DeepClone());
        }
        catch (DocumentException e)
        {
            foreach (var error in e.Errors)
                errors.Add(error.Path.Length == 0 ? "request" : $"request.{error.Path}", error.Message);
        }
    }

    private static string PathOf(string name) => $"{Folder}{name}.json";

    private static string NameOf(string path) => path[Folder.Length..^".json".Length];
}
