using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Testing;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Who is blamed for a fall of the process.</summary>
public sealed class CrashSuspicionTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("iml4e-journal-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void ACulpritAmongOthersIsConvictedAfterTheNumberOfFallsAndNobodyElse(int limit)
    {
        // Ten are to be run, four at a time; suspects one at a time, the culprit as the last of them.
        var counts = Enumerable.Range(1, 10).ToDictionary(task => RunningWork.OfActivity(1, task), _ => 0);
        var culprit = RunningWork.OfActivity(1, 4);
        var falls = 0;
        while (!counts.Values.Any(crashes => CrashSuspicion.IsConvicted(crashes, limit)))
        {
            // Whatever is a suspect and runs before the culprit ends well.
            foreach (var done in counts.Where(item => CrashSuspicion.IsSuspect(item.Value, limit) && item.Key != culprit).Select(item => item.Key).ToList())
                counts.Remove(done);
            var others = counts.Keys.Where(work => work.Part < 4);
            Fall(counts, [culprit, .. others], limit);
            Assert.True(++falls <= limit);
        }

        Assert.Equal(limit, falls);
        Assert.Equal(culprit, Assert.Single(counts, item => CrashSuspicion.IsConvicted(item.Value, limit)).Key);
    }

    [Fact]
    public void AFallWithoutASuspectClearsIt()
    {
        var counts = new Dictionary<RunningWork, int> { [Work(1)] = 2, [Work(2)] = 1, [Work(3)] = 0 };
        Fall(counts, [Work(3)], 3);
        Assert.Equal([0, 0, 1], counts.Values);
        Fall(counts, [], 3);
        Assert.Equal([0, 0, 0], counts.Values);
    }

    [Fact]
    public void SuspectsThatFellTogetherStaySuspects()
    {
        var counts = new Dictionary<RunningWork, int> { [Work(1)] = 2, [Work(2)] = 2, [Work(3)] = 0 };
        Fall(counts, [Work(1), Work(2), Work(3)], 3);
        Assert.Equal([2, 2, 1], counts.Values);
        Fall(counts, [Work(2), Work(3)], 3);
        Assert.Equal([0, 3, 2], counts.Values);
    }

    [Fact]
    public void TheConvictedStayConvicted()
    {
        var counts = new Dictionary<RunningWork, int> { [RunningWork.OfActivity(1, 1)] = 3 };
        Fall(counts, [], 3);
        Assert.Equal(3, Assert.Single(counts).Value);
    }

    [Fact]
    public void TheJournalTellsAFallFromAStop()
    {
        var path = Path.Combine(folder.FullName, "hub.running");
        using (var first = new RunningWorkJournal(path))
        {
            Assert.Null(first.Begin());
            var slot = first.Enter(RunningWork.OfActivity(7, 1));
            var left = first.Enter(RunningWork.OfActivity(8, 1));
            first.Enter(RunningWork.OfTurn(0, 2));
            first.Leave(left);
            Assert.Equal(left, first.Enter(RunningWork.OfOperation(9)));
            first.Switch(slot, RunningWork.OfActivity(7, 3));
        }

        using (var second = new RunningWorkJournal(path))
        {
            Assert.Equal(
                [RunningWork.OfActivity(7, 3), RunningWork.OfOperation(9), RunningWork.OfTurn(0, 2)], second.Begin()!.OrderBy(work => work.Kind).ToList());
            second.Enter(RunningWork.OfActivity(9, 9));
            second.Stop();
        }

        using (var third = new RunningWorkJournal(path))
            Assert.Null(third.Begin());
        using (var fourth = new RunningWorkJournal(path))
            Assert.Empty(fourth.Begin()!);
    }

    [Fact]
    public void WhatIsNotedAfterTheEndIsNotKept()
    {
        var path = Path.Combine(folder.FullName, "hub.running");
        var first = new RunningWorkJournal(path);
        first.Begin();
        var slot = first.Enter(RunningWork.OfActivity(7, 1));
        first.Dispose();
        first.Leave(slot);
        first.Stop();
        using var second = new RunningWorkJournal(path);
        Assert.Equal([RunningWork.OfActivity(7, 1)], second.Begin()!);
    }

    [Theory]
    [InlineData(0)] // another format
    [InlineData(10)] // another boot of the machine
    public void AJournalOfAnotherFormatOrBootBlamesNobody(int at)
    {
        var path = Path.Combine(folder.FullName, "hub.running");
        using (var first = new RunningWorkJournal(path))
        {
            first.Begin();
            first.Enter(RunningWork.OfActivity(7, 1));
        }

        var content = File.ReadAllBytes(path);
        content[at] ^= 0xFF;
        File.WriteAllBytes(path, content);
        using var second = new RunningWorkJournal(path);
        Assert.Null(second.Begin());
    }

    [Fact]
    public async Task SuspectsWaitForQuietAndRunOneAtATime()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var time = new VirtualTime(start);
        using var held = new HeldWork(TimeSpan.FromSeconds(30), time);
        var works = Enumerable.Range(1, 4).Select(number => RunningWork.OfOperation(number)).ToList();
        var admitted = works.ConvertAll(held.WaitAsync);
        held.Start();
        time.MoveTo(start.AddSeconds(29.9));
        AssertAdmitted(0);
        time.MoveTo(start.AddSeconds(30));
        AssertAdmitted(1);
        held.Ended(works[2]);
        AssertAdmitted(1);

        // What was let go and could not be kept may run again.
        Assert.True(held.WaitAsync(works[0]).IsCompletedSuccessfully);
        held.Ended(works[0]);
        AssertAdmitted(2);
        held.Ended(works[1]);
        held.Ended(works[1]);
        AssertAdmitted(3);
        held.Dispose();
        await Assert.ThrowsAsync<EngineAbandonedException>(() => admitted[3]);
        await Assert.ThrowsAsync<EngineAbandonedException>(() => held.WaitAsync(works[3]));

        void AssertAdmitted(int count) => Assert.Equal(Enumerable.Range(0, 4).Select(i => i < count), admitted.Select(task => task.IsCompleted));
    }

    private static RunningWork Work(int task) => RunningWork.OfActivity(1, task);

    private static void Fall(Dictionary<RunningWork, int> counts, IReadOnlyCollection<RunningWork> running, int limit)
    {
        foreach (var (work, crashes) in CrashSuspicion.AfterFall(counts, running, limit))
            counts[work] = crashes;
    }
}
