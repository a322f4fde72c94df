using System.Collections.Concurrent;
using System.Globalization;
using Iml4e.Inference;
using Iml4e.Inference.Batching;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Batching;

public sealed class DynamicBatcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(2000, "1500 [0 500 900 1500] 3300; 3600 [1600] 4800; 7000 [5000 5100] 8400; 11000 [9000] 12200")]
    [InlineData(0, "0 [0] 1200; 1200 [500 900] 2600; 2600 [1500 1600] 4000; 5000 [5000] 6200; 6200 [5100] 7400; 9000 [9000] 10200")]
    public async Task Batches_are_those_of_the_specification(int delay, string expected)
    {
        // V16: max 4, one instance, a run of b samples takes 1000 + 200 b µs.
        var time = new StepTime();
        var runs = new List<string>();
        var batcher = Batcher(time, new() { MaxBatchSize = 4, MaxQueueDelay = TimeSpan.FromMicroseconds(delay), Instances = 1 }, async (requests, ct) =>
        {
            var started = time.Microseconds;
            await time.After(TimeSpan.FromMicroseconds(1000 + 200 * requests.Count), ct).ConfigureAwait(false);
            runs.Add(string.Create(CultureInfo.InvariantCulture, $"{started} [{string.Join(' ', requests.Select(r => r.Name))}] {time.Microseconds}"));
            return [.. requests.Select(r => r.Name)];
        });
        var answers = new List<Task<Batched<string>>>();
        foreach (var at in new[] { 0, 500, 900, 1500, 1600, 5000, 5100, 9000 })
        {
            time.MoveTo(at);
            answers.Add(batcher.RunAsync(new Item(at.ToString(CultureInfo.InvariantCulture)), false, default).AsTask());
        }

        time.MoveTo(20_000);
        var told = await Task.WhenAll(answers).WaitAsync(Patience);
        Assert.Equal(expected, string.Join("; ", runs));
        Assert.Equal(["0", "500", "900", "1500", "1600", "5000", "5100", "9000"], told.Select(t => t.Value));
        if (delay == 2000)
            Assert.Equal([1500, 1000, 600, 0, 2000, 2000, 1900, 2000], told.Select(t => (int)t.Waited.TotalMicroseconds));
    }

    [Fact]
    public async Task Shapes_are_never_mixed_and_requests_never_split()
    {
        var time = new StepTime();
        var runs = new List<string>();
        var batcher = Batcher(time, new() { MaxBatchSize = 4, MaxQueueDelay = TimeSpan.FromMilliseconds(1), Instances = 1 }, Record(runs, time, 10));
        var answers = new[] { ("a3", 3, 2), ("b1", 1, 5), ("a2", 2, 2), ("b9", 9, 5), ("a1", 1, 2), ("b2", 2, 5) }
            .Select(r => batcher.RunAsync(new Item(r.Item1, r.Item2, r.Item3), false, default).AsTask()).ToList();
        time.MoveTo(100_000);
        await Task.WhenAll(answers).WaitAsync(Patience);
        Assert.Equal(["a3", "b1", "b9", "a2 a1", "b2"], runs);
    }

    [Fact]
    public async Task A_preferred_size_is_run_at_once()
    {
        var time = new StepTime();
        var runs = new List<string>();
        var settings = new BatchingSettings { MaxBatchSize = 8, MaxQueueDelay = TimeSpan.FromMilliseconds(5), PreferredBatchSizes = [3], Instances = 1 };
        var batcher = Batcher(time, settings, Record(runs, time, 1));
        var answers = new List<Task>();
        foreach (var name in new[] { "1", "2", "3", "4" })
            answers.Add(batcher.RunAsync(new Item(name), false, default).AsTask());
        time.MoveTo(1);
        Assert.Equal(["1 2 3"], runs);
        time.MoveTo(4998);
        Assert.Single(runs);
        time.MoveTo(10_000);
        await Task.WhenAll(answers).WaitAsync(Patience);
        Assert.Equal(["1 2 3", "4"], runs);
    }

    [Fact]
    public async Task Whoever_leaves_is_not_run_and_a_run_without_callers_is_ended()
    {
        var time = new StepTime();
        var runs = new List<string>();
        var ended = 0;
        var batcher = Batcher(time, new() { MaxBatchSize = 2, Instances = 1 }, async (requests, ct) =>
        {
            runs.Add(string.Join(' ', requests.Select(r => r.Name)));
            try
            {
                await time.After(TimeSpan.FromMilliseconds(1), ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                ended++;
                throw;
            }

            return [.. requests.Select(r => r.Name)];
        });
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var running = batcher.RunAsync(new Item("running"), true, first.Token).AsTask();
        var waiting = batcher.RunAsync(new Item("waiting"), true, second.Token).AsTask();
        var stays = batcher.RunAsync(new Item("stays"), true, default).AsTask();
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        Assert.Equal(1, batcher.Waiting);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
        Assert.Equal(1, ended);
        time.MoveTo(5000);
        Assert.Equal("stays", (await stays.WaitAsync(Patience)).Value);
        Assert.Equal(["running", "stays"], runs);
    }

    [Fact]
    public async Task One_bad_request_fails_alone()
    {
        var time = new StepTime();
        var runs = new List<string>();
        var batcher = Batcher(time, new() { MaxBatchSize = 3, MaxQueueDelay = TimeSpan.FromMilliseconds(1), Instances = 1 }, (requests, _) =>
        {
            runs.Add(string.Join(' ', requests.Select(r => r.Name)));
            if (requests.Any(r => r.Name == "bad"))
                throw new InvalidOperationException("bad");
            return new([.. requests.Select(r => r.Name)]);
        });
        var good = batcher.RunAsync(new Item("good"), false, default).AsTask();
        var bad = batcher.RunAsync(new Item("bad"), false, default).AsTask();
        var fine = batcher.RunAsync(new Item("fine"), false, default).AsTask();
        Assert.Equal("good", (await good.WaitAsync(Patience)).Value);
        Assert.Equal("fine", (await fine.WaitAsync(Patience)).Value);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad.WaitAsync(Patience));
        Assert.Equal(["good bad fine", "good", "bad", "fine"], runs);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_says_when_to_come_again()
    {
        var time = new StepTime();
        var batcher = Batcher(time, new() { MaxQueueSize = 2, Instances = 1 }, Record([], time, 64_000_000));
        var first = batcher.RunAsync(new Item("0"), true, default).AsTask();
        time.MoveTo(64_000_000);
        await first.WaitAsync(Patience);
        var others = Enumerable.Range(1, 3).Select(i => batcher.RunAsync(new Item("x"), true, default).AsTask()).ToList();
        var refused = await Assert.ThrowsAsync<OverloadedException>(async () => await batcher.RunAsync(new Item("y"), true, default));

        // One run of 64 s in a mean over 16; two wait, and one runs.
        Assert.Equal(12, refused.RetryAfter.TotalSeconds, 3);
        time.MoveTo(64_000_000 * 5L);
        await Task.WhenAll(others).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(QueueTimeoutAction.Reject)]
    [InlineData(QueueTimeoutAction.Delay)]
    public async Task Who_waits_for_too_long_is_refused_or_put_behind(QueueTimeoutAction action)
    {
        var time = new StepTime();
        var runs = new List<string>();
        var batcher = Batcher(time, new() { QueueTimeout = TimeSpan.FromMicroseconds(500), QueueTimeoutAction = action, Instances = 1 }, Record(runs, time, 1000));
        var first = batcher.RunAsync(new Item("first"), true, default).AsTask();
        var old = batcher.RunAsync(new Item("old"), true, default).AsTask();
        time.MoveTo(900);
        var young = batcher.RunAsync(new Item("young"), true, default).AsTask();
        time.MoveTo(10_000);
        await Task.WhenAll(first, young).WaitAsync(Patience);
        if (action == QueueTimeoutAction.Reject)
            await Assert.ThrowsAsync<OverloadedException>(() => old.WaitAsync(Patience));
        else
            await old.WaitAsync(Patience);
        Assert.Equal(action == QueueTimeoutAction.Reject ? ["first", "young"] : ["first", "young", "old"], runs);
    }

    [Fact]
    public async Task Answers_keep_the_order_of_the_requests_when_that_is_asked_for()
    {
        var time = new StepTime();
        var batcher = Batcher(time, new() { PreserveOrdering = true, Instances = 2 }, async (requests, ct) =>
        {
            await time.After(TimeSpan.FromMicroseconds(requests[0].Name == "slow" ? 1000 : 100), ct).ConfigureAwait(false);
            return [requests[0].Name];
        });
        var slow = batcher.RunAsync(new Item("slow"), false, default).AsTask();
        var quick = batcher.RunAsync(new Item("quick"), false, default).AsTask();
        time.MoveTo(500);
        Assert.False(quick.IsCompleted);
        time.MoveTo(1000);
        Assert.Equal(["slow", "quick"], (await Task.WhenAll(slow, quick).WaitAsync(Patience)).Select(r => r.Value));
    }

    [Fact]
    public async Task Ten_thousand_requests_at_once_get_what_they_would_get_alone()
    {
        var g = new GraphBuilder("two");
        var x = g.Input("x", TensorDatatype.FP32, "N", "K");
        var z = g.Input("z", TensorDatatype.FP32, "N", 1);
        g.Output("sum", g.Node("Add", [x, z]), TensorDatatype.FP32, "N", "K");
        g.Output("product", g.Node("Mul", [x, z]), TensorDatatype.FP32, "N", "K");
        g.Output("text", g.Input("s", TensorDatatype.Bytes, "N"), TensorDatatype.Bytes, "N");
        using var session = ModelSession.Load(GraphSurgery.Serialize(g.Build()));
        Assert.True(SessionBatches.CanBatch(session.Metadata));
        var statistics = new Iml4e.Inference.Statistics.ModelStatistics();
        var largest = 0;
        var settings = new BatchingSettings { MaxBatchSize = 16, MaxQueueDelay = TimeSpan.FromMicroseconds(200), MaxQueueSize = 20_000, Instances = 3 };
        var batcher = new DynamicBatcher<BatchRequest, ModelOutputs>(settings, (requests, ct) => new(SessionBatches.Run(requests, statistics, ct)), TimeProvider.System);
        string[][] wishes = [["sum"], ["product", "sum"], ["text"], ["text", "product"]];
        var answered = new ConcurrentDictionary<int, bool>();

        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, ct) =>
        {
            var random = new Random(i);
            var (rows, width) = (random.Next(1, 4), random.Next(1, 4));
            Tensor[] inputs =
            [
                Tensor.FromFloats("z", Floats(random, rows), rows, 1), Tensor.FromFloats("x", Floats(random, rows * width), rows, width),
                Tensor.FromStrings("s", [.. Enumerable.Range(0, rows).Select(r => $"{i}/{r}")], rows),
            ];
            var wanted = random.Next(5) is var wish && wish == 4 ? null : wishes[wish];
            var expected = session.Run(inputs, wanted, ct);
            var batched = await batcher.RunAsync(new BatchRequest(session, inputs, wanted, true), random.Next(2) == 0, ct);
            using var actual = batched.Value;
            InterlockedMax(ref largest, batched.BatchSize);
            Assert.Equal(expected.Select(o => o.Name), actual.Select(o => o.Name));
            foreach (var (one, other) in expected.Zip(actual))
            {
                Assert.Equal(one.Shape, other.Shape);
                if (one.Bytes is not null)
                    Assert.Equal(one.ToStrings(), other.ToStrings());
                else
                    Assert.All(one.ToDoubles().Zip(other.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            }

            Assert.True(answered.TryAdd(i, true));
        });

        Assert.Equal(10_000, answered.Count);
        Assert.True(largest > 4, $"the largest batch had {largest} samples");
        Assert.True(statistics.ExecutionCount < 10_000);
        Assert.Equal(Enumerable.Range(0, 10_000).Sum(i => new Random(i).Next(1, 4)), statistics.InferenceCount);
    }

    [Fact]
    public async Task A_model_whose_outputs_have_no_rows_answers_each_request_by_itself()
    {
        var g = new GraphBuilder("mean");
        var x = g.Input("x", TensorDatatype.FP32, "N");
        g.Output("y", g.Node("ReduceSum", [x]), TensorDatatype.FP32, "N");
        using var session = ModelSession.Load(GraphSurgery.Serialize(g.Build()));
        var statistics = new Iml4e.Inference.Statistics.ModelStatistics();
        var batcher = new DynamicBatcher<BatchRequest, ModelOutputs>(
            new() { MaxBatchSize = 4, MaxQueueDelay = TimeSpan.FromSeconds(5), Instances = 1 }, (requests, ct) => new(SessionBatches.Run(requests, statistics, ct)), TimeProvider.System);
        var answers = await Task.WhenAll(Enumerable.Range(1, 4).Select(
            i => batcher.RunAsync(new BatchRequest(session, [Tensor.FromFloats("x", [i], 1)], null, true), false, default).AsTask())).WaitAsync(Patience);
        Assert.Equal([1f, 2f, 3f, 4f], answers.Select(a => a.Value[0].Span<float>()[0]));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        foreach (var settings in new BatchingSettings[]
        {
            new() { MaxBatchSize = 0 }, new() { MaxQueueDelay = TimeSpan.FromSeconds(-1) }, new() { MaxQueueSize = 0 }, new() { Instances = 0 },
            new() { MaxBatchSize = 4, PreferredBatchSizes = [5] }, new() { QueueTimeout = TimeSpan.Zero },
        })
            Assert.Throws<ArgumentException>(() => Batcher(new StepTime(), settings, (_, _) => new(Array.Empty<string>())));
    }

    private static float[] Floats(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 10)];

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
            Interlocked.CompareExchange(ref target, value, seen);
    }

    private static Func<IReadOnlyList<Item>, CancellationToken, ValueTask<IReadOnlyList<string>>> Record(List<string> runs, StepTime time, double microseconds) =>
        async (requests, ct) =>
        {
            runs.Add(string.Join(' ', requests.Select(r => r.Name)));
            await time.After(TimeSpan.FromMicroseconds(microseconds), ct).ConfigureAwait(false);
            return [.. requests.Select(r => r.Name)];
        };

    // Runs begin in the thread that moves the clock: the order of events is the clock's alone.
    private static DynamicBatcher<Item, string> Batcher(
        StepTime time, BatchingSettings settings, Func<IReadOnlyList<Item>, CancellationToken, ValueTask<IReadOnlyList<string>>> execute) =>
        new(settings, execute, time, static start => start());

    private sealed record Item(string Name, int Samples = 1, int Width = 1) : IBatchable
    {
        public BatchShape Shape { get; } = BatchShape.Of(
            [Tensor.FromFloats("x", new float[Samples * Width], Samples, Width)], [new TensorMetadata("x", TensorDatatype.FP32, [-1, -1])]);
    }
}
