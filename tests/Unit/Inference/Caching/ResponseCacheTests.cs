using System.Collections.Concurrent;
using Iml4e.Inference;
using Iml4e.Inference.Caching;

namespace Iml4e.Tests.Unit.Inference.Caching;

public sealed class ResponseCacheTests
{
    private static ResponseCacheKey Key(params float[] values) => ResponseCacheKey.Of("m", "1", [Tensor.FromFloats("x", values, values.Length)], null);

    private static CachedResponse Answer(string id, int floats = 1) => new(ModelOutputs.Of([Tensor.FromFloats("y", new float[floats], floats)]), id);

    [Fact]
    public void The_key_is_that_of_the_specification()
    {
        // V17.
        Assert.Equal("3915acfeea54eba21dc6768027482343c86382e67984e8c96add51547a80773f", Key(1, 2, 3.5f).ToString());
    }

    [Fact]
    public void Whatever_makes_a_request_another_one_makes_another_key()
    {
        var x = Tensor.FromFloats("x", [1, 2], 2);
        var s = Tensor.FromStrings("s", ["ab", "c"], 2);
        var keys = new[]
        {
            ResponseCacheKey.Of("m", "1", [x, s], null), ResponseCacheKey.Of("m", "2", [x, s], null), ResponseCacheKey.Of("n", "1", [x, s], null),
            ResponseCacheKey.Of("m", "1", [x.Reshape(1, 2), s], null), ResponseCacheKey.Of("m", "1", [x.WithName("z"), s], null),
            ResponseCacheKey.Of("m", "1", [x, Tensor.FromStrings("s", ["a", "bc"], 2)], null), ResponseCacheKey.Of("m", "1", [x, s], ["y"]),
            ResponseCacheKey.Of("m", "1", [x, s], ["y", "z"]), ResponseCacheKey.Of("m", "1", [Tensor.FromInt32s("x", [1, 2], 2), s], null),
        };
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], ResponseCacheKey.Of("m", "1", [s, x], []));
        Assert.Equal(keys[7], ResponseCacheKey.Of("m", "1", [s, x], ["z", "y"]));
    }

    [Fact]
    public void A_million_inputs_that_differ_in_one_bit_never_hit()
    {
        var seen = new HashSet<ResponseCacheKey>();
        var noise = new byte[250];
        new Random(7).NextBytes(noise);
        for (var i = 0; i < 1_000_000; i++)
        {
            // Every 2,000 inputs, each with one bit flipped, come of new noise.
            if (i % 2_000 == 0)
                new Random(i).NextBytes(noise);
            noise[i % 2_000 / 8] ^= (byte)(1 << (i % 8));
            Assert.True(seen.Add(ResponseCacheKey.Of("m", "1", [new Tensor("x", TensorDatatype.UInt8, [noise.Length], noise)], null)));
            noise[i % 2_000 / 8] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public async Task Of_equal_requests_at_once_one_is_computed()
    {
        var cache = new ResponseCache(new() { MaxBytes = 1 << 20 }, TimeProvider.System);
        var computed = 0;
        var ids = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            if (await cache.FindAsync(Key(1), default) is { } answer)
            {
                ids.Add(answer.PredictionId);
                return;
            }

            Interlocked.Increment(ref computed);
            await Task.Delay(50);
            cache.Complete(Key(1), Answer("original"));
        })));
        Assert.Equal(1, computed);
        Assert.Equal(99, ids.Count(id => id == "original"));
    }

    [Fact]
    public async Task A_failed_computation_is_tried_by_the_next_one_and_waiting_can_be_given_up()
    {
        var cache = new ResponseCache(new() { MaxBytes = 1 << 20 }, TimeProvider.System);
        Assert.Null(await cache.FindAsync(Key(1), default));
        var next = cache.FindAsync(Key(1), default).AsTask();
        using var leaving = new CancellationTokenSource();
        var left = cache.FindAsync(Key(1), leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        cache.Complete(Key(1), null);
        Assert.Null(await next);
        cache.Complete(Key(1), Answer("second"));
        Assert.Equal("second", (await cache.FindAsync(Key(1), default))!.PredictionId);
    }

    [Fact]
    public async Task The_same_request_hits_and_others_do_not()
    {
        var cache = new ResponseCache(new() { MaxBytes = 1 << 22 }, TimeProvider.System);
        var (same, random) = (0, 0);
        for (var i = 0; i < 2000; i++)
        {
            same += await Hit(Key(1, 2, 3)) ? 1 : 0;
            random += await Hit(Key(i, 1)) ? 1 : 0;
        }

        Assert.Equal((1999, 0), (same, random));

        async Task<bool> Hit(ResponseCacheKey key)
        {
            if (await cache.FindAsync(key, default) is not null)
                return true;
            cache.Complete(key, Answer("p"));
            return false;
        }
    }

    [Fact]
    public async Task The_least_recently_used_go_first_and_old_answers_are_forgotten()
    {
        var time = new StepTime();
        var one = Answer("p", 100).Bytes;
        var cache = new ResponseCache(new() { MaxBytes = 3 * one, TimeToLive = TimeSpan.FromSeconds(10) }, time);
        foreach (var value in new[] { 1f, 2f, 3f })
            await Put(value);
        Assert.NotNull(await cache.FindAsync(Key(1), default));
        await Put(4);
        Assert.Equal((3, 3 * one), (cache.Count, cache.Bytes));
        Assert.NotNull(await cache.FindAsync(Key(1), default));
        Assert.Null(await cache.FindAsync(Key(2), default));
        cache.Complete(Key(2), Answer("too large", 10_000));
        Assert.Null(await cache.FindAsync(Key(2), default));
        cache.Complete(Key(2), null);
        time.MoveTo(10_000_000);
        Assert.Null(await cache.FindAsync(Key(1), default));
        Assert.Equal(2, cache.Count);

        async Task Put(float value)
        {
            Assert.Null(await cache.FindAsync(Key(value), default));
            cache.Complete(Key(value), Answer("p", 100));
        }
    }
}
