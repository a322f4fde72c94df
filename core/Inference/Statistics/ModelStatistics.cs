using System.Collections.Concurrent;

namespace Iml4e.Inference.Statistics;

/// <summary>What a model version has served since the process began (statistics extension of the Open Inference Protocol). All sums only grow.</summary>
public sealed class ModelStatistics
{
    private const int MostBatchSizes = 128;
    private readonly ConcurrentDictionary<int, BatchTally> _batches = new();
    private long _inferences;
    private long _executions;
    private long _lastInference;

    /// <summary>Requests answered, hits of the response cache among them.</summary>
    public Tally Success { get; } = new();

    /// <summary>Requests that failed or were refused.</summary>
    public Tally Fail { get; } = new();

    /// <summary>Waiting, hits of the response cache among them.</summary>
    public Tally Queue { get; } = new();

    /// <summary>Reading requests and laying them together.</summary>
    public Tally ComputeInput { get; } = new();

    /// <summary>Running the model.</summary>
    public Tally ComputeInfer { get; } = new();

    /// <summary>Cutting outputs apart and writing answers.</summary>
    public Tally ComputeOutput { get; } = new();

    /// <summary>Requests answered from the response cache.</summary>
    public Tally CacheHit { get; } = new();

    /// <summary>Requests that the response cache could not answer.</summary>
    public Tally CacheMiss { get; } = new();

    /// <summary>Samples run through the model.</summary>
    public long InferenceCount => Interlocked.Read(ref _inferences);

    /// <summary>Runs of the session.</summary>
    public long ExecutionCount => Interlocked.Read(ref _executions);

    /// <summary>When a request was last answered, in milliseconds since 1970; 0 = never.</summary>
    public long LastInference => Interlocked.Read(ref _lastInference);

    /// <summary>Runs by batch size, smallest first; sizes beyond the first 128 that occurred are not told apart and left out.</summary>
    public IReadOnlyList<BatchTally> Batches => [.. _batches.Values.OrderBy(batch => batch.Size)];

    /// <summary>Notes a run.</summary>
    public void Executed(int samples, TimeSpan input, TimeSpan infer, TimeSpan output)
    {
        Interlocked.Add(ref _inferences, samples);
        Interlocked.Increment(ref _executions);
        ComputeInfer.Add(infer);
        if (!_batches.TryGetValue(samples, out var batch))
        {
            if (_batches.Count >= MostBatchSizes)
                return;
            batch = _batches.GetOrAdd(samples, static size => new BatchTally(size));
        }

        batch.ComputeInput.Add(input);
        batch.ComputeInfer.Add(infer);
        batch.ComputeOutput.Add(output);
    }

    /// <summary>Notes an answered request.</summary>
    /// <param name="at">Now.</param>
    /// <param name="whole">From arrival to answer.</param>
    /// <param name="queue">Waiting.</param>
    public void Answered(DateTimeOffset at, TimeSpan whole, TimeSpan queue)
    {
        Interlocked.Exchange(ref _lastInference, at.ToUnixTimeMilliseconds());
        Success.Add(whole);
        Queue.Add(queue);
    }

    /// <summary>Notes a request that failed.</summary>
    public void Failed(TimeSpan whole) => Fail.Add(whole);

    /// <summary>Notes how long a request took to read.</summary>
    public void Read(TimeSpan time) => ComputeInput.Add(time);

    /// <summary>Notes how long an answer took to write.</summary>
    public void Written(TimeSpan time) => ComputeOutput.Add(time);

    /// <summary>Notes a hit or a miss of the response cache.</summary>
    public void Looked(bool hit, TimeSpan time) => (hit ? CacheHit : CacheMiss).Add(time);
}
