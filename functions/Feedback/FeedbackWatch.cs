using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Feedback;

/// <summary>
/// Looks for the predictions of outcomes that wait, seldom and more seldom the longer they have waited; what has waited for too long, or proves to be wrong
/// when its prediction comes, becomes a dead letter. A look that is repeated, by another process or after a crash, changes nothing.
/// </summary>
internal sealed class FeedbackWatch(
    FeedbackService feedback, WaitingFeedback waiting, AppMetrics metrics, IOptions<AppOptions> options, TimeProvider time, ILogger<FeedbackWatch> logger) : IDisposable
{
    private const int RequestsAtOnce = 64;
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);
    private readonly SemaphoreSlim _looking = new(1, 1);
    private long? _forgotAt;
    private Dictionary<string, Seen> _looked = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => _looking.Dispose();

    /// <summary>One look at what is due.</summary>
    /// <returns>Dead letters that were written.</returns>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        // A look that is still going on is enough.
        if (!await _looking.WaitAsync(0, cancellationToken))
            return 0;
        try
        {
            var looked = new Dictionary<string, Seen>(StringComparer.Ordinal);
            var due = new List<(string Path, TimeSpan Age)>();
            await foreach (var (path, receivedAt) in waiting.ListAsync(cancellationToken))
            {
                var age = time.GetUtcNow() - receivedAt;
                if (_looked.TryGetValue(path, out var before) && age < 2 * before.Age && age < options.Value.FeedbackPatience)
                    looked[path] = before;
                else
                    due.Add((path, age));
            }

            var dead = 0;
            foreach (var chunk in due.Chunk(RequestsAtOnce))
            {
                var requests = await ReadAsync(chunk.Select(c => c.Path), cancellationToken);
                var named = requests.SelectMany(r => r.Value.Outcomes).Select(o => o.PredictionId).ToHashSet(StringComparer.Ordinal);
                // What came earlier for the same predictions goes with them, due or not, and the oldest first: of two outcomes the first that came is to count.
                var others = looked.Where(other => other.Value.Predictions.Any(named.Contains)).Select(other => other.Key).ToList();
                foreach (var request in requests)
                {
                    looked[request.Path] = new Seen(
                        chunk.First(c => c.Path == request.Path).Age, [.. request.Value.Outcomes.Select(o => o.PredictionId).Distinct(StringComparer.Ordinal)]);
                }

                requests.AddRange(await ReadAsync(others, cancellationToken));
                dead += await LookAsync([.. requests.OrderBy(r => r.Path, StringComparer.Ordinal)], cancellationToken);
            }

            _looked = looked;
            if (dead > 0 || _forgotAt is not { } last || time.GetElapsedTime(last) > ForgetEvery)
            {
                await waiting.ForgetAsync(cancellationToken);
                _forgotAt = time.GetTimestamp();
            }

            return dead;
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task<List<Document<WaitingRequest>>> ReadAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var requests = await Task.WhenAll(paths.Select(path => waiting.ReadAsync(path, cancellationToken)));
        return [.. requests.OfType<Document<WaitingRequest>>()];
    }

    private async Task<int> LookAsync(IReadOnlyList<Document<WaitingRequest>> requests, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var receipts = await feedback.JoinWaitingAsync(
            [.. requests.SelectMany(r => r.Value.Outcomes.Select(o => (o.ToOutcome(), r.Value.ReceivedAt)))], cancellationToken);
        var (dead, first) = (0, 0);
        foreach (var request in requests)
        {
            dead += await SettleAsync(request, [.. receipts.Skip(first).Take(request.Value.Outcomes.Count)], now, cancellationToken);
            first += request.Value.Outcomes.Count;
        }

        if (dead > 0)
            logger.LogWarning("{Count} outcomes that waited for their predictions came to nothing; GET /api/feedback/dead-letters tells them.", dead);
        return dead;
    }

    private async Task<int> SettleAsync(
        Document<WaitingRequest> request, IReadOnlyList<OutcomeReceipt> receipts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (receivedAt, outcomes) = (request.Value.ReceivedAt, request.Value.Outcomes);
        var patient = now - receivedAt < options.Value.FeedbackPatience;
        var left = new List<WaitingOutcome>();
        var letters = new List<DeadLetter>();
        foreach (var (outcome, receipt) in outcomes.Zip(receipts))
        {
            if (receipt.IsWaiting && patient)
                left.Add(outcome);
            else if (receipt.IsWaiting)
                letters.Add(Letter(outcome, FeedbackService.Unknown, "no prediction of that id came while the outcome waited for it"));
            else if (receipt.Problem is { } problem)
                letters.Add(Letter(outcome, problem.Code, problem.Message));
        }

        if (left.Count == outcomes.Count || !await waiting.SettleAsync(request, left, letters, cancellationToken))
            return 0;
        foreach (var letter in letters)
            metrics.Feedback(PredictionId.Parse(letter.PredictionId).Model, "dead_letter");
        return letters.Count;

        DeadLetter Letter(WaitingOutcome outcome, string code, string message) =>
            new(outcome.Index, outcome.PredictionId, outcome.Values, outcome.ObservedAt, outcome.Revision, receivedAt, now, code, message);
    }

    // How old a request was when it was last looked at, and the predictions that it names.
    private sealed record Seen(TimeSpan Age, IReadOnlyList<string> Predictions);
}
