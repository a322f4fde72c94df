using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Serving;

/// <summary>Whether the app can serve: the catalogue answers, and the process is not about to end. The catalogue is asked every few seconds at most.</summary>
internal sealed class Readiness(CatalogStore catalog, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Readiness> logger)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private Task<bool>? _last;
    private long _asked;

    /// <summary>Whether the process is about to end.</summary>
    public bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Whether the app can serve, as of the last few seconds.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        Task<bool> asked;
        lock (_gate)
        {
            if (_last is null || (_last.IsCompleted && time.GetElapsedTime(_asked) > Fresh))
                (_last, _asked) = (AskAsync(), time.GetTimestamp());
            asked = _last;
        }

        return await asked.WaitAsync(cancellationToken) && !IsStopping;
    }

    private async Task<bool> AskAsync()
    {
        try
        {
            using var enough = new CancellationTokenSource(Patience, time);

            // A document that is not there: the answer that it is missing is an answer.
            await catalog.Documents.ReadAsync<JsonObject>("readiness.json", enough.Token);
            return true;
        }
        catch (Exception e)
        {
            logger.LogWarning(e, "Not ready: the catalogue does not answer.");
            return false;
        }
    }
}
