using Iml4e.Assessment.Jobs;
using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Tracking;

/// <summary>
/// Tells an MLflow server of jobs. What is to be told is written down first, in the step that ends the job, and told afterwards, again and again for a day when
/// the server is away: no job fails because of it, and nothing is told twice.
/// </summary>
internal sealed class TrackingService(
    CatalogStore catalog, IOptions<AppOptions> options, DamageReport damage, TimeProvider time, ILogger<TrackingService> logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(24);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private readonly DocumentMirror<TrackingNote> _notes = new(catalog.Documents, TrackingNote.Folder, damage.Found);
    private readonly Lazy<HttpClient?> _http = new(() => options.Value.MlflowUrl is { Length: > 0 } url
        ? new HttpClient { BaseAddress = new Uri(url.EndsWith('/') ? url : url + "/"), Timeout = TimeSpan.FromSeconds(30) }
        : null);

    /// <summary>Whether a server is named.</summary>
    public bool IsOn => _http.Value is not null;

    /// <summary>Writes down what a job wants told.</summary>
    public async Task NoteAsync(string jobId, TrackedRun run, CancellationToken cancellationToken)
    {
        await catalog.Documents.UpdateAsync<TrackingNote>(
            TrackingNote.PathOf(jobId), old => old ?? new TrackingNote { JobId = jobId, Run = run, At = time.GetUtcNow() }, cancellationToken);
    }

    /// <summary>What has become of a job's note; null where there is none.</summary>
    public async Task<TrackingNote?> FindAsync(string jobId, CancellationToken cancellationToken) =>
        (await catalog.Documents.ReadAsync<TrackingNote>(TrackingNote.PathOf(jobId), cancellationToken))?.Value;

    /// <summary>Tells what is due.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_http.Value is not { } http)
            return;
        var now = time.GetUtcNow();
        var client = new MlflowClient(http, time);
        foreach (var (path, document) in await _notes.RefreshAsync(cancellationToken))
        {
            var note = document.Value;
            if (note.State == "pending" && note.NotBefore <= now)
                await TellAsync(client, note, cancellationToken);
            else if (note.State != "pending" && note.At < now - Kept)
                await catalog.Documents.DeleteAsync(path, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _notes.Dispose();
        if (_http.IsValueCreated)
            _http.Value?.Dispose();
    }

    private async Task TellAsync(MlflowClient client, TrackingNote note, CancellationToken cancellationToken)
    {
        TrackingNote told;
        try
        {
            var id = await client.LogAsync(note.Run, note.JobId, (digest, ct) => catalog.Artefacts.ReadAsync(digest, ct), cancellationToken);
            told = note with { State = "logged", ServerRunId = id, Error = null };
        }
        catch (Exception e) when (e is MlflowException or CatalogNotFoundException)
        {
            var isLast = e is not MlflowException { IsPassing: true } || time.GetUtcNow() - note.At > Patience;
            var pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(note.Attempts, 12)));
            told = note with { State = isLast ? "failed" : "pending", Error = e.Message, NotBefore = time.GetUtcNow() + pause };
            logger.LogWarning("Job {Job} could not be told to the tracking server: {Reason}", note.JobId, e.Message);
        }

        await catalog.Documents.UpdateAsync<TrackingNote>(
            TrackingNote.PathOf(note.JobId), old => old is null ? null : told with { Attempts = note.Attempts + 1 }, cancellationToken);
    }
}
