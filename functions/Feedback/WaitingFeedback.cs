using System.Globalization;
using System.Runtime.CompilerServices;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Feedback;

/// <summary>
/// The outcomes that wait for their predictions, a document a request, so that they outlive the process; and those that came to nothing. A name tells when
/// the request came and how many outcomes it has, so that a listing is enough to know what is there.
/// </summary>
internal sealed class WaitingFeedback(CatalogStore catalog, IOptions<AppOptions> options, TimeProvider time) : IDisposable
{
    private const string Waiting = "feedback/waiting/";
    private const string Dead = "feedback/dead-letters/";
    private const long MostBytes = 64L << 20;
    private const int MostDeadRequests = 10_000;
    private static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _counting = new(1, 1);
    private (long Outcomes, long Bytes) _there;
    private long? _countedAt;

    /// <summary>Stores outcomes of one request; false when too many wait already, and none is stored then.</summary>
    public async Task<bool> TryAddAsync(IReadOnlyList<WaitingOutcome> outcomes, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var bytes = outcomes.Sum(o => 200L + o.PredictionId.Length + o.Values.Sum(v => 8L + (3L * v.Length)));
        await _counting.WaitAsync(cancellationToken);
        try
        {
            // Other processes add too: what they have added is seen after a second.
            if (_countedAt is not { } counted || time.GetElapsedTime(counted) > CountedFor)
                (_there, _countedAt) = (await CountAsync(cancellationToken), time.GetTimestamp());
            if (_there.Outcomes + outcomes.Count > options.Value.MaxWaitingFeedback || _there.Bytes + bytes > MostBytes)
                return false;
            _there = (_there.Outcomes + outcomes.Count, _there.Bytes + bytes);
        }
        finally
        {
            _counting.Release();
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{receivedAt.ToUnixTimeMilliseconds():D15}-{outcomes.Count:D4}-{Guid.NewGuid():N}");
        await catalog.Documents.CreateAsync(Waiting + name, new WaitingRequest(receivedAt, outcomes), cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _counting.Dispose();

    /// <summary>How many outcomes wait, and in about how many bytes.</summary>
    public async Task<(long Outcomes, long Bytes)> CountAsync(CancellationToken cancellationToken)
    {
        (long Outcomes, long Bytes) there = default;
        await foreach (var entry in catalog.Documents.ListAsync(Waiting, cancellationToken))
            there = (there.Outcomes + (Read(entry.Path)?.Outcomes ?? 0), there.Bytes + entry.Size);
        return there;
    }

    /// <summary>What waits, the oldest first: where, and since when.</summary>
    public async IAsyncEnumerable<(string Path, DateTimeOffset ReceivedAt)> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in catalog.Documents.ListAsync(Waiting, cancellationToken))
        {
            if (Read(entry.Path) is { } name)
                yield return (entry.Path, name.ReceivedAt);
        }
    }

    /// <summary>A request that waits; null when somebody else was done with it.</summary>
    public Task<Document<WaitingRequest>?> ReadAsync(string path, CancellationToken cancellationToken) =>
        catalog.Documents.ReadAsync<WaitingRequest>(path, cancellationToken);

    /// <summary>Keeps of a request what still waits, after the letters of what came to nothing are stored.</summary>
    /// <returns>False when somebody else did the same at the same time.</returns>
    public async Task<bool> SettleAsync(
        Document<WaitingRequest> request, IReadOnlyList<WaitingOutcome> left, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (letters.Count > 0)
        {
            // Under the request's own name and by place, so that a repeat after a crash adds nothing.
            var path = Dead + request.Path[Waiting.Length..];
            await catalog.Documents.UpdateAsync<DeadRequest>(
                path, there => new DeadRequest([.. (there?.Letters ?? []).Concat(letters).DistinctBy(l => l.Index).OrderBy(l => l.Index)]), cancellationToken);
        }

        try
        {
            if (left.Count == 0)
                await catalog.Documents.DeleteAsync(request, cancellationToken);
            else
                await catalog.Documents.ReplaceAsync(request with { Value = request.Value with { Outcomes = left } }, cancellationToken);
            return true;
        }
        catch (CatalogConflictException)
        {
            return false;
        }
    }

    /// <summary>Letters of what came to nothing, the oldest first.</summary>
    /// <param name="requests">Requests whose letters to read at most.</param>
    /// <param name="after">Where the page before ended; null or "" = from the start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The letters, and where the next page begins; null at the end.</returns>
    /// <exception cref="ApiException">400: <paramref name="after"/> is not where a page ended.</exception>
    public async Task<(IReadOnlyList<DeadLetter> Letters, string? Next)> DeadLettersAsync(int requests, string? after, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(after) && Read(after) is null)
            throw ApiException.Invalid("after", "must be the member 'next' of the answer before");
        var letters = new List<DeadLetter>();
        var (read, last) = (0, "");
        await foreach (var entry in catalog.Documents.ListAsync(Dead, cancellationToken))
        {
            var name = entry.Path[Dead.Length..];
            if (string.CompareOrdinal(name, after) <= 0)
                continue;
            if (read == requests)
                return (letters, last);
            if (await catalog.Documents.ReadAsync<DeadRequest>(entry.Path, cancellationToken) is { } request)
                letters.AddRange(request.Value.Letters);
            (read, last) = (read + 1, name);
        }

        return (letters, null);
    }

    /// <summary>Deletes letters past their time, and the oldest beyond as many as are kept.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.DeadLetterRetention;
        var requests = new Queue<string>();
        var deleted = 0;
        await foreach (var entry in catalog.Documents.ListAsync(Dead, cancellationToken))
        {
            requests.Enqueue(entry.Path);
            if (requests.Count <= MostDeadRequests && !(Read(entry.Path)?.ReceivedAt < before))
                continue;
            await catalog.Documents.DeleteAsync(requests.Dequeue(), cancellationToken);
            deleted++;
        }

        return deleted;
    }

    // .../000001767600000000-0012-…: Unix milliseconds, outcomes, anything.
    private static (DateTimeOffset ReceivedAt, int Outcomes)? Read(string path)
    {
        var parts = path[(path.LastIndexOf('/') + 1)..].Split('-');
        return parts.Length == 3 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds < 253_402_300_799_999 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var outcomes)
            ? (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), outcomes)
            : null;
    }
}
