using System.Diagnostics.Metrics;
using Iml4e.Catalog;
using Iml4e.Functions;
using Iml4e.Functions.Feedback;
using Iml4e.Functions.Telemetry;
using Iml4e.Tests.Integration.Catalog;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iml4e.Tests.Integration.App;

/// <summary>Outcomes that wait, over the storage, by a clock that is set by hand.</summary>
public sealed class FeedbackWaitingTests : IDisposable
{
    private const string Model = "pump";
    private readonly SetClock _time = new(new DateTimeOffset(2026, 1, 5, 23, 30, 0, TimeSpan.Zero));
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<IDisposable> _made = [];

    [Fact]
    public async Task What_has_waited_for_an_hour_is_a_dead_letter_and_those_are_forgotten_in_the_end()
    {
        await using var store = await StoreAsync();
        var (feedback, waiting, watch) = Made(store, new AppOptions());
        var (never, late) = (store.Predictions.NewId(Model, _time.Now), store.Predictions.NewId(Model, _time.Now));
        var received = _time.Now;
        Assert.All(await feedback.AddAsync([Told(never, 1), Told(late, 2)], default), r => Assert.True(r.IsWaiting));

        _time.Now += TimeSpan.FromMinutes(59);
        Assert.Equal(0, await watch.LookAsync(default));
        Assert.Equal(2, (await waiting.CountAsync(default)).Outcomes);
        await store.Predictions.AppendAsync(Prediction(late, received));
        _time.Now += TimeSpan.FromMinutes(1);

        // Another process, over the same storage.
        var (_, other, its) = Made(store, new AppOptions());
        Assert.Equal(1, await its.LookAsync(default));
        Assert.Equal((0, 0), await other.CountAsync(default));
        var letter = Assert.Single((await other.DeadLettersAsync(10, null, default)).Letters);
        Assert.Equal((never, "prediction.unknown", received, _time.Now), (letter.PredictionId, letter.Code, letter.ReceivedAt, letter.DeadAt));
        var outcome = Assert.Single((await store.Outcomes.ReadAsync(Model, LogCursor.Start)).Records);
        Assert.Equal((late, received, received), (outcome.PredictionId, outcome.ReceivedAt, outcome.ObservedAt));
        Assert.Equal(0, await watch.LookAsync(default));

        Assert.Equal(0, await other.ForgetAsync(default));
        _time.Now += TimeSpan.FromDays(31);
        Assert.Equal(1, await other.ForgetAsync(default));
        Assert.Empty((await other.DeadLettersAsync(10, null, default)).Letters);
    }

    [Fact]
    public async Task Of_outcomes_that_wait_for_one_prediction_the_first_that_came_counts_and_a_higher_revision_more()
    {
        await using var store = await StoreAsync();
        var (feedback, waiting, watch) = Made(store, new AppOptions());
        var id = store.Predictions.NewId(Model, _time.Now);
        for (var i = 0; i < 5; i++)
        {
            await feedback.AddAsync([Told(id, i, i == 3 ? 7 : 0)], default);
            _time.Now += TimeSpan.FromSeconds(1);
        }

        await store.Predictions.AppendAsync(Prediction(id, _time.Now));
        Assert.Equal(3, await watch.LookAsync(default));
        var records = (await store.Outcomes.ReadAsync(Model, LogCursor.Start)).Records;
        Assert.Equal([("[\"0\"]", 0, null), ("[\"3\"]", 7, 0)], records.Select(r => (r.Actual!.ToJsonString(), r.Revision, r.Replaces)));
        var (first, next) = await waiting.DeadLettersAsync(2, null, default);
        var (rest, end) = await waiting.DeadLettersAsync(2, next, default);
        Assert.Equal(["1", "2", "4"], first.Concat(rest).Select(l => l.Value[0]));
        Assert.Equal((2, null), (first.Count, end));
        Assert.Equal((0, 0), await waiting.CountAsync(default));
    }

    [Fact]
    public async Task A_request_is_refused_when_too_many_wait_and_what_is_known_is_taken_all_the_same()
    {
        await using var store = await StoreAsync();
        var (feedback, waiting, _) = Made(store, new AppOptions { MaxWaitingFeedback = 3 });
        var known = store.Predictions.NewId(Model, _time.Now);
        await store.Predictions.AppendAsync(Prediction(known, _time.Now));
        Assert.All(await feedback.AddAsync([Unknown(store), Unknown(store)], default), r => Assert.True(r.IsWaiting));
        var receipts = await feedback.AddAsync([Told(known, 1), Unknown(store), Unknown(store)], default);
        Assert.Equal([null, "feedback.full", "feedback.full"], receipts.Select(r => r.Problem?.Code));
        Assert.Equal(2, (await waiting.CountAsync(default)).Outcomes);
        Assert.True(Assert.Single(await feedback.AddAsync([Unknown(store)], default)).IsWaiting);
        Assert.Equal("feedback.full", Assert.Single(await feedback.AddAsync([Unknown(store)], default)).Problem?.Code);
    }

    [Fact]
    public async Task A_ledger_knows_what_others_took_and_finds_what_it_has_forgotten()
    {
        await using var store = await StoreAsync();
        var ids = Enumerable.Range(0, 20).Select(i => (Id: store.Predictions.NewId(Model, _time.Now.AddDays(-i)), At: _time.Now.AddDays(-i))).ToArray();
        using var small = new OutcomeLedger(store.Outcomes, Model, 4);
        using var other = new OutcomeLedger(store.Outcomes, Model, 4);
        foreach (var (id, at) in ids)
            Assert.Equal((OutcomeVerdict.First, null), Assert.Single(await small.TakeAsync([Record(id, at, 1)], default)));
        foreach (var ledger in new[] { other, small })
        {
            // One by one, together, the old ones and the new.
            foreach (var (id, at) in ids)
                Assert.Equal((OutcomeVerdict.Conflict, 0), Assert.Single(await ledger.TakeAsync([Record(id, at, 2)], default)));
            Assert.All(await ledger.TakeAsync([.. ids.Select(i => Record(i.Id, i.At, 1))], default), v => Assert.Equal((OutcomeVerdict.Repeat, 0), v));
            Assert.True(ledger.Count <= 4);
        }

        // The same value under a higher revision is noted, so that an older correction that comes later is one.
        var (first, then) = ids[^1];
        Assert.Equal((OutcomeVerdict.Repeat, 0), Assert.Single(await small.TakeAsync([Record(first, then, 1, 5)], default)));
        Assert.Equal((OutcomeVerdict.Conflict, 5), Assert.Single(await other.TakeAsync([Record(first, then, 3, 4)], default)));
        Assert.Equal((OutcomeVerdict.Revision, 5), Assert.Single(await other.TakeAsync([Record(first, then, 3, 6)], default)));
        Assert.Equal(22, (await store.Outcomes.ReadAsync(Model, LogCursor.Start)).Records.Count);
    }

    public void Dispose()
    {
        foreach (var made in _made)
            made.Dispose();
        _services.Dispose();
    }

    private async Task<CatalogStore> StoreAsync()
    {
        var (store, _) = await CatalogFixture.CreateAsync(time: _time);
        var artefact = await store.Artefacts.PutAsync("model"u8.ToArray(), "application/octet-stream");
        await store.Models.RegisterAsync(new ModelRegistration { Model = Model, Key = "k", Digest = artefact.Digest });
        return store;
    }

    private (FeedbackService Feedback, WaitingFeedback Waiting, FeedbackWatch Watch) Made(CatalogStore store, AppOptions settings)
    {
        var options = Options.Create(settings);
        var metrics = new AppMetrics(_services.GetRequiredService<IMeterFactory>());
        var (ledgers, waiting) = (new OutcomeLedgers(store, _time), new WaitingFeedback(store, options, _time));
        var feedback = new FeedbackService(store, ledgers, waiting, metrics, _time);
        var watch = new FeedbackWatch(feedback, waiting, metrics, options, _time, NullLogger<FeedbackWatch>.Instance);
        _made.AddRange([metrics, ledgers, waiting, watch]);
        return (feedback, waiting, watch);
    }

    private Outcome Unknown(CatalogStore store) => Told(store.Predictions.NewId(Model, _time.Now), 1);

    private static Outcome Told(string id, double value, int revision = 0) =>
        new(0, id, [FormattableString.Invariant($"{value}")], null, revision, null);

    private static PredictionRecord Prediction(string id, DateTimeOffset at) => new()
    {
        Id = id, At = at, Model = Model, Version = "1", Digest = "sha256:0", Predicted = [1],
    };

    private static OutcomeRecord Record(string id, DateTimeOffset at, int actual, int revision = 0) => new()
    {
        PredictionId = id, PredictedAt = at, ObservedAt = at, ReceivedAt = at, Model = Model, Version = "1", Actual = $"{actual}", Revision = revision,
    };
}
