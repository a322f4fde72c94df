using System.Globalization;
using Iml4e.Assessment.Jobs;
using Iml4e.Functions.Tracking;

namespace Iml4e.Tests.Integration.Tracking;

public sealed class MlflowClientTests
{
    [Fact]
    public async Task Three_thousand_metrics_arrive_once_in_batches()
    {
        await using var server = await MlflowServer.StartAsync();
        var run = Run(3_000);
        var id = await LogAsync(server, run);
        var logged = Assert.Single(server.Runs).Value;
        Assert.Equal((id, "FINISHED"), (logged.Id, logged.Status));
        Assert.Equal(3_000, logged.Metrics.Select(m => m.Key).Distinct().Count());
        Assert.Equal(3_000, logged.Metrics.Count);
        Assert.True(server.Calls["runs/log-batch"] >= 3 + 2 + 1);
        Assert.Equal(150, logged.Parameters.Count);
        Assert.Equal(500, logged.Parameters["long"].Length);
        Assert.Equal("ap_large, ar_large", logged.Tags["undefined_metrics"]);
        Assert.Equal([1, 2, 3], logged.Files["report.pdf"]);
        // The same input again: the run that is there.
        Assert.Equal(id, await LogAsync(server, run));
        Assert.Equal(3_000, logged.Metrics.Count);
    }

    [Theory]
    [InlineData("runs/create", 1, true)]
    [InlineData("runs/create", 1, false)]
    [InlineData("runs/log-batch", 2, true)]
    [InlineData("runs/log-batch", 2, false)]
    [InlineData("runs/update", 1, false)]
    [InlineData("experiments/create", 1, false)]
    public async Task Trouble_in_the_middle_makes_nothing_twice(string path, int call, bool before)
    {
        await using var server = await MlflowServer.StartAsync();
        server.Fails = (name, number) => name == path && number == call ? before ? Trouble.Before : Trouble.After : Trouble.None;
        var run = Run(2_500);
        var trouble = await Assert.ThrowsAsync<MlflowException>(() => LogAsync(server, run));
        Assert.True(trouble.IsPassing);
        await LogAsync(server, run);
        var logged = Assert.Single(server.Runs).Value;
        Assert.Equal("FINISHED", logged.Status);
        Assert.Equal(2_500, logged.Metrics.Count);
        Assert.Equal(2_500, logged.Metrics.Select(m => m.Key).Distinct().Count());
    }

    [Theory]
    [InlineData("keypoints/AP_oks_0.50", "keypoints/AP_oks_0.50")]
    [InlineData("sigma(µ) %", "sigma___ _")]
    [InlineData("", "_")]
    public void Names_are_those_that_a_server_takes(string name, string expected) => Assert.Equal(expected, MlflowText.Name(name));

    private static async Task<string> LogAsync(MlflowServer server, TrackedRun run)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.Address + "/") };
        return await new MlflowClient(http, TimeProvider.System).LogAsync(run, "job", (_, _) => Task.FromResult<byte[]>([1, 2, 3]), CancellationToken.None);
    }

    private static TrackedRun Run(int metrics) => new()
    {
        Experiment = "poses", InputHash = "abc", Metrics = Enumerable.Range(0, metrics).ToDictionary(i => $"kp/{i}/good_share", i => i / 3.0),
        Undefined = ["ap_large", "ar_large"],
        Parameters = Enumerable.Range(0, 149).Select(i => KeyValuePair.Create($"p{i}", i.ToString(CultureInfo.InvariantCulture)))
            .Append(KeyValuePair.Create("long", new string('x', 700))).ToDictionary(),
        Files = new Dictionary<string, string> { ["report.pdf"] = "sha256:1" },
    };
}
