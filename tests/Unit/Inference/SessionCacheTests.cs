using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Unit.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference;

public sealed class SessionCacheTests
{
    private static readonly byte[] Model = GraphSurgery.Serialize(TestGraphs.Linear());

    private static readonly Tensor X = Tensor.FromFloats("x", [1f, 0f], 1, 2);

    private static Task<byte[]> Load(CancellationToken ct) => Task.FromResult(Model);

    private static SessionCache Cache(double sessions, TimeSpan? idle = null, TimeProvider? time = null) =>
        new(new SessionCacheOptions { MaximumBytes = (long)(sessions * Model.Length), SizeFactor = 1, IdleLifetime = idle }, time ?? TimeProvider.System);

    private static float Use(SessionLease lease) => lease.Session.Run([X])[0].Span<float>()[0];

    [Fact]
    public async Task However_many_ask_one_load_is_made()
    {
        using var cache = Cache(10);
        var gate = new TaskCompletionSource();
        var loads = 0;
        var leases = Enumerable.Range(0, 50).Select(_ => cache.GetAsync("a", async _ =>
        {
            Interlocked.Increment(ref loads);
            await gate.Task;
            return Model;
        }, default).AsTask()).ToArray();
        gate.SetResult();
        foreach (var lease in await Task.WhenAll(leases))
        {
            Assert.Equal(1.5f, Use(lease));
            lease.Dispose();
        }

        Assert.Equal(1, loads);
        var statistics = cache.Statistics;
        Assert.Equal((1, 0, 49L, 1L, (long)Model.Length), (statistics.Sessions, statistics.Leased, statistics.Hits, statistics.Misses, statistics.Bytes));
    }

    [Fact]
    public async Task The_least_recently_used_goes_first()
    {
        using var cache = Cache(2.5);
        foreach (var digest in new[] { "a", "b", "a", "c" })
            (await cache.GetAsync(digest, Load, default)).Dispose();
        Assert.Equal((2, 1L), (cache.Statistics.Sessions, cache.Statistics.Evictions));
        var misses = cache.Statistics.Misses;
        (await cache.GetAsync("a", Load, default)).Dispose();
        Assert.Equal(misses, cache.Statistics.Misses);
        (await cache.GetAsync("b", Load, default)).Dispose();
        Assert.Equal(misses + 1, cache.Statistics.Misses);
    }

    [Fact]
    public async Task A_leased_session_is_kept_beyond_the_budget_and_let_go_afterwards()
    {
        using var cache = Cache(1.5);
        var a = await cache.GetAsync("a", Load, default);
        var b = await cache.GetAsync("b", Load, default);
        Assert.Equal((2, 2), (cache.Statistics.Sessions, cache.Statistics.Leased));
        Assert.Equal(1.5f, Use(a));
        var session = a.Session;
        a.Dispose();
        a.Dispose();
        Assert.Equal((1, 1), (cache.Statistics.Sessions, cache.Statistics.Leased));
        Assert.Throws<ObjectDisposedException>(() => session.Run([X]));
        Assert.Throws<ObjectDisposedException>(() => a.Session);
        Assert.Equal(1.5f, Use(b));
        b.Dispose();
    }

    [Fact]
    public async Task Removal_and_disposal_wait_for_the_last_user()
    {
        var cache = Cache(10);
        var (a, b) = (await cache.GetAsync("a", Load, default), await cache.GetAsync("b", Load, default));
        Assert.True(cache.Remove("a"));
        Assert.False(cache.Remove("a"));
        Assert.Equal(1.5f, Use(a));
        cache.Dispose();
        Assert.Equal(1.5f, Use(b));
        var (first, second) = (a.Session, b.Session);
        a.Dispose();
        b.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Run([X]));
        Assert.Throws<ObjectDisposedException>(() => second.Run([X]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await cache.GetAsync("a", Load, default));
    }

    [Fact]
    public async Task A_failed_load_is_told_to_all_and_tried_again()
    {
        using var cache = Cache(10);
        await Assert.ThrowsAsync<InvalidModelException>(async () => await cache.GetAsync("a", _ => Task.FromResult<byte[]>([1, 2, 3]), default));
        await Assert.ThrowsAsync<IOException>(async () => await cache.GetAsync("a", _ => throw new IOException("gone"), default));
        Assert.Equal((0, 2L), (cache.Statistics.Sessions, cache.Statistics.Failures));
        using var lease = await cache.GetAsync("a", Load, default);
        Assert.Equal(1.5f, Use(lease));
    }

    [Fact]
    public async Task One_who_leaves_does_not_stop_the_others_and_the_last_one_stops_the_load()
    {
        using var cache = Cache(10);
        var gate = new TaskCompletionSource();
        using var leaving = new CancellationTokenSource();
        Func<CancellationToken, Task<byte[]>> slow = async ct =>
        {
            await gate.Task.WaitAsync(ct);
            return Model;
        };
        var left = cache.GetAsync("a", slow, leaving.Token).AsTask();
        var stays = cache.GetAsync("a", slow, default).AsTask();
        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        gate.SetResult();
        (await stays).Dispose();

        using var alone = new CancellationTokenSource();
        var stopped = new TaskCompletionSource();
        var waiting = cache.GetAsync("b", async ct =>
        {
            await using var registration = ct.Register(stopped.SetResult);
            await Task.Delay(Timeout.Infinite, ct);
            return Model;
        }, alone.Token).AsTask();
        alone.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        (await cache.GetAsync("b", Load, default)).Dispose();
        Assert.Equal(2, cache.Statistics.Sessions);
    }

    [Fact]
    public async Task Idle_sessions_are_let_go()
    {
        var time = new StepTime();
        using var cache = Cache(10, TimeSpan.FromMinutes(5), time);
        (await cache.GetAsync("a", Load, default)).Dispose();
        var kept = await cache.GetAsync("b", Load, default);
        time.MoveTo(6 * 60_000_000);
        (await cache.GetAsync("c", Load, default)).Dispose();
        Assert.Equal((2, 1L), (cache.Statistics.Sessions, cache.Statistics.Evictions));
        Assert.Equal(1.5f, Use(kept));
        kept.Dispose();
    }

    [Fact]
    public async Task Under_load_no_session_in_use_is_ever_disposed()
    {
        using var cache = Cache(2);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 150; i++)
            {
                using var lease = await cache.GetAsync(random.Next(6).ToString(System.Globalization.CultureInfo.InvariantCulture), Load, default);
                Assert.Equal(1.5f, Use(lease));
            }
        })));
        var statistics = cache.Statistics;
        Assert.Equal(0, statistics.Leased);
        Assert.True(statistics.Bytes <= 2 * Model.Length);
        Assert.Equal(1200, statistics.Hits + statistics.Misses);
        Assert.Equal(statistics.Misses, statistics.Evictions + statistics.Sessions);
    }

    [Fact]
    public async Task A_reload_takes_the_old_one_s_place_and_leaves_it_to_its_users()
    {
        using var cache = Cache(10);
        var old = await cache.GetAsync("a", Load, default);
        await cache.ReloadAsync("a", Load, default);
        using var young = await cache.GetAsync("a", Load, default);
        Assert.NotSame(old.Session, young.Session);
        Assert.Equal((1.5f, 1.5f), (Use(old), Use(young)));
        Assert.Equal((1, (long)Model.Length), (cache.Statistics.Sessions, cache.Statistics.Bytes));
        var session = old.Session;
        old.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run([X]));
        await Assert.ThrowsAsync<InvalidModelException>(() => cache.ReloadAsync("a", _ => Task.FromResult<byte[]>([1]), default));
        Assert.Equal(1.5f, Use(young));
        Assert.Equal((true, null), (cache.IsLoaded("a"), cache.IsLoaded("b")));
    }

    [Fact]
    public void Whatever_is_done_no_session_in_use_is_disposed_and_the_bytes_add_up()
    {
        // Any sequence of leases, returns, removals and reloads of five models in a cache with room for two.
        var property = Prop.ForAll(Gen.ArrayOf(Gen.Zip(Gen.Choose(0, 4), Gen.Choose(0, 9))).ToArbitrary(), steps =>
        {
            using var cache = Cache(2);
            var held = new List<SessionLease>();
            foreach (var (model, action) in steps)
            {
                var digest = model.ToString(System.Globalization.CultureInfo.InvariantCulture);
                if (action < 5)
                    held.Add(cache.GetAsync(digest, Load, default).AsTask().GetAwaiter().GetResult());
                else if (action < 8 && held.Count > 0)
                    Return(held[(model * 7 + action) % held.Count]);
                else if (action == 8)
                    cache.Remove(digest);
                else
                    cache.ReloadAsync(digest, Load, default).GetAwaiter().GetResult();
                Assert.All(held, lease => Assert.Equal(1.5f, Use(lease)));
                var now = cache.Statistics;
                Assert.Equal(now.Sessions * (long)Model.Length, now.Bytes);
                Assert.True(now.Sessions <= Math.Max(2, now.Leased + 1), $"{now.Sessions} sessions, {now.Leased} leased");
            }

            foreach (var lease in held.ToArray())
                Return(lease);
            Assert.True(cache.Statistics.Sessions <= 2);
            Assert.Equal(0, cache.Statistics.Leased);

            void Return(SessionLease lease)
            {
                held.Remove(lease);
                lease.Dispose();
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(30), property);
    }
}
