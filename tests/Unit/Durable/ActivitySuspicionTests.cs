using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Testing;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Who is blamed for a fall of the process.</summary>
public sealed class ActivitySuspicionTests : IDisposable
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
        var counts = Enumerable.Range(1, 10).ToDictionary(task => new RunningActivity(1, task), _ => 0);
        var culprit = new RunningActivity(1, 4);
        var falls = 0;
        while (!counts.Values.Any(crashes => ActivitySuspicion.IsConvicted(crashes, limit)))
        {
            // Whatever is a suspect and runs before the culprit ends well.
            foreach (var done in counts.Where(item => ActivitySuspicion.IsSuspect(item.Value, limit) && item.Key != culprit).Select(item => item.Key).ToList())
                counts.Remove(done);
            var others = counts.Keys.Where(activity => activity.TaskId < 4);
            Fall(counts, [culprit, .. others], limit);
            Assert.True(++falls <= limit);
        }

        Assert.Equal(limit, falls);
        Assert.Equal(culprit, Assert.Single(counts, item => ActivitySuspicion.IsConvicted(item.Value, limit)).Key);
    }

    [Fact]
    public void AFallWithoutASuspectClearsIt()
    {
        var counts = new Dictionary<RunningActivity, int> { [new(1, 1)] = 2, [new(1, 2)] = 1, [new(1, 3)] = 0 };
        Fall(counts, [new(1, 3)], 3);
        Assert.Equal([0, 0, 1], counts.Values);
        Fall(counts, [], 3);
        Assert.Equal([0, 0, 0], counts.Values);
    }

    [Fact]
    public void SuspectsThatFellTogetherStaySuspects()
    {
        var counts = new Dictionary<RunningActivity, int> { [new(1, 1)] = 2, [new(1, 2)] = 2, [new(1, 3)] = 0 };
        Fall(counts, [new(1, 1), new(1, 2), new(1, 3)], 3);
        Assert.Equal([2, 2, 1], counts.Values);
        Fall(counts, [new(1, 2), new(1, 3)], 3);
        Assert.Equal([0, 3, 2], counts.Values);
    }

    [Fact]
    public void TheConvictedStayConvicted()
    {
        var counts = new Dictionary<RunningActivity, int> { [new(1, 1)] = 3 };
        Fall(counts, [], 3);
        Assert.Equal(3, Assert.Single(counts).Value);
    }

    [Fact]
    public void TheJournalTellsAFallFromAStop()
    {
        var path = Path.Combine(folder.FullName, "hub.running");
        using (var first = new RunningActivityJournal(path))
        {
            Assert.Null(first.Begin());
            first.Enter(0, new(7, 1));
            first.Enter(3, new(7, 2));
            first.Enter(1, new(8, 1));
            first.Leave(1);
        }

        using (var second = new RunningActivityJournal(path))
        {
            Assert.Equal([new(7, 1), new(7, 2)], second.Begin()!.Order(Comparer<RunningActivity>.Create((a, b) => a.TaskId - b.TaskId)));
            second.Enter(2, new(9, 9));
            second.Stop();
        }

        using (var third = new RunningActivityJournal(path))
            Assert.Null(third.Begin());
        using (var fourth = new RunningActivityJournal(path))
            Assert.Empty(fourth.Begin()!);
    }

    [Theory]
    [InlineData(0)] // another format
    [InlineData(10)] // another boot of the machine
    public void AJournalOfAnotherFormatOrBootBlamesNobody(int at)
    {
        var path = Path.Combine(folder.FullName, "hub.running");
        using (var first = new RunningActivityJournal(path))
        {
            first.Begin();
            first.Enter(0, new(7, 1));
        }

        var content = File.ReadAllBytes(path);
        content[at] ^= 0xFF;
        File.WriteAllBytes(path, content);
        using var second = new RunningActivityJournal(path);
        Assert.Null(second.Begin());
    }

    [Fact]
    public void SuspectsWaitForQuietAndRunOneAtATime()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var time = new VirtualTime(start);
        var released = new List<int>();
        using var held = new HeldActivities(TimeSpan.FromSeconds(30), time, work => released.Add(work.TaskId));
        var works = Enumerable.Range(1, 3).Select(task => new ActivityWork(1, task, "a", "Work", null, null, 2)).ToList();
        works.ForEach(held.Add);
        held.Start();
        time.MoveTo(start.AddSeconds(29.9));
        Assert.Empty(released);
        time.MoveTo(start.AddSeconds(30));
        Assert.Equal([1], released);
        held.Ended(works[2]);
        Assert.Equal([1], released);
        held.Ended(works[0]);
        Assert.Equal([1, 2], released);
        held.Ended(works[1]);
        held.Ended(works[2]);
        Assert.Equal([1, 2, 3], released);
    }

    private static void Fall(Dictionary<RunningActivity, int> counts, IReadOnlyCollection<RunningActivity> running, int limit)
    {
        foreach (var (activity, crashes) in ActivitySuspicion.AfterFall(counts, running, limit))
            counts[activity] = crashes;
    }
}
