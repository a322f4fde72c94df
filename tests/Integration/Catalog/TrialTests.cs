using Iml4e.Catalog;
using Iml4e.CatalogTrials.Contention;
using Iml4e.CatalogTrials.Predictions;
using Xunit.Abstractions;

namespace Iml4e.Tests.Integration.Catalog;

/// <summary>The trials of <c>./iml4e bench predictions</c> and <c>./iml4e bench contention</c>, scaled down.</summary>
public sealed class TrialTests(ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("trial-");

    [Fact]
    public async Task No_durable_prediction_is_lost_when_the_app_is_killed_and_of_buffered_ones_no_more_than_a_window()
    {
        var result = await new PredictionCrashTrial(folder.FullName).RunAsync(
            kills: 2, predictions: 800, seed: 1, CancellationToken.None, pause: TimeSpan.FromMilliseconds(20));
        output.WriteLine($"{result}");
        Assert.Equal((0, 0, 0), (result.Durable.Lost, result.Durable.Doubled, result.Buffered.Doubled));
        Assert.True(result.Durable.Answered >= 800);
        Assert.True(result.Durable.Logged >= result.Durable.Answered);

        // A caller's clock stops when it is scheduled again: a second beside the window.
        Assert.True(result.Buffered.Span <= new CatalogOptions().BufferedWindow + TimeSpan.FromSeconds(1), $"{result.Buffered}");
    }

    [Fact]
    public async Task Four_processes_lose_nothing_although_requests_go_wrong()
    {
        var result = await new ContentionTrial(folder.FullName).RunAsync(processes: 4, writes: 280, faults: 0.06, seed: 1, CancellationToken.None);
        output.WriteLine($"{result}");
        Assert.Empty(result.Problems);
        Assert.True(result.Writes >= 280 && result.Faults > 60);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
