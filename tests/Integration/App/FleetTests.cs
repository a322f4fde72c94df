using Iml4e.Benchmarks.Trials;

namespace Iml4e.Tests.Integration.App;

/// <summary>An experiment where several processes of the app serve over one storage, and are stopped meanwhile.</summary>
public sealed class FleetTests
{
    private const int Units = 1000;

    /// <summary>
    /// Through three stages every unit stays where the assignment has it, whichever process answers and whichever is stopped, the one that the experiment runs
    /// in among them; a rollback takes the challenger out everywhere, and no caller notices. At full size by <c>./iml4e bench fleet</c>.
    /// </summary>
    [Fact]
    public async Task Units_stay_in_their_slices_and_a_rollback_reaches_every_process()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-");
        try
        {
            await using var fleet = await WorkerFleet.StartAsync(folder.FullName, 3, CancellationToken.None);
            using var trial = new RoutingTrial(fleet, Units, TimeSpan.FromSeconds(1));
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
            var seen = await trial.PlayAsync(limit.Token);
            Assert.Equal((0, 0, 0), (seen.Left, seen.Disagreed, seen.Failed));
            // How quick it was is the benchmark's to say.
            Assert.Equal(0, seen.FailedInRollback);
            Assert.True(seen.Rollback <= TimeSpan.FromMinutes(2), seen.ToString());
            Assert.True(seen.Challenger > 0.4 * Units && seen.Control > 0.4 * Units && seen.Requests > 2 * Units, seen.ToString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
