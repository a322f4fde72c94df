using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.History;
using Iml4e.LocalRuntime.DurableTask;
using Spectre.Console;

namespace Iml4e.Tests.Integration.Durable.Viewer;

/// <summary>What <c>iml4e history</c> writes of a running app.</summary>
public class HistoryCommandTests(DurableHost host) : IClassFixture<DurableHost>
{
    private static readonly HistoryOptions List = new(null, null, null, 50, false, false, false, TimeSpan.FromHours(1));

    [Fact]
    public async Task TheListIsATable()
    {
        var (done, failed) = (await host.InStateAsync("done"), await host.InStateAsync("failed"));
        var (code, text) = await RunAsync(List);
        Assert.Equal(0, code);
        Assert.Matches($@"Completed +[\d:]+ +[\d:]+ +Greet +{done}", text);
        Assert.Matches($@"Failed +[\d:]+ +[\d:]+ +Fail +{failed}", text);
        Assert.Contains("Task 'Broken' (#0) failed", text, StringComparison.Ordinal);
        Assert.Matches(@"hub HostTests: .*\d+ Completed", text);
        Assert.DoesNotContain(done, (await RunAsync(List with { Status = "Failed" })).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(failed, (await RunAsync(List with { Search = done })).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInstanceIsATimeline()
    {
        var id = "tour-" + Guid.NewGuid().ToString("N");
        await host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.Tour), "[bold]Ada[/]", new StartOrchestrationOptions(id));
        var (code, text) = await RunAsync(List with { Id = id, Follow = true });
        Assert.Equal(0, code);

        // Followed to its end: the last picture is the whole one.
        var last = text[text.LastIndexOf(id, StringComparison.Ordinal)..];
        Assert.Contains("Tour  Completed", last, StringComparison.Ordinal);
        // The pause begins with the turn that looks at the failure, which in a cold process may come a while after it.
        Assert.Matches(@"SecondTime #0 +x+ *·+█+", last);
        Assert.Matches(@"Greet #3 +█+", last);
        Assert.Matches(@"timer #4 +─+", last);
        Assert.Matches(@"events +◆", last);
        Assert.Matches(@"\|0 ", last);
    }

    [Fact]
    public async Task WaitsAndTheNextTimerAreWritten()
    {
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.Retry));
        await host.Client.RaiseEventAsync(id, "[unasked]", 1);
        string text;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        do
        {
            await Task.Delay(20, limit.Token);
            (_, text) = await RunAsync(List with { Id = id });
        }
        while (!text.Contains("attempt 2", StringComparison.Ordinal) || !text.Contains("arrived", StringComparison.Ordinal));
        Assert.Matches(@"attempt 2 of activity 'Broken' since [\d:]+ \(.*\), due in \d+ min", text);
        Assert.Matches(@"next timer in \d+ min .*: attempt 2 of activity 'Broken'", text);
        Assert.Matches(@"arrived and not waited for yet: \[unasked\] since", text);
        Assert.Matches(@"Broken #0 +x+·*", text);
    }

    [Fact]
    public async Task JsonIsWhatTheAppAnswers()
    {
        var id = await host.InStateAsync("done");
        var detail = JsonNode.Parse((await RunAsync(List with { Id = id, Json = true })).Text)!;
        Assert.Equal(id, detail["instance"]!["instanceId"]!.GetValue<string>());
        var page = JsonNode.Parse((await RunAsync(List with { Json = true, Top = 1 })).Text)!;
        Assert.Single(page["items"]!.AsArray());
    }

    [Fact]
    public async Task TheDoctorNamesWhatIsStuck()
    {
        var (running, suspended) = (await host.InStateAsync("running"), await host.InStateAsync("suspended"));
        var (code, text) = await RunAsync(List with { Doctor = true, OlderThan = TimeSpan.FromHours(1) });
        Assert.Equal(0, code);
        Assert.Matches($@"Running +WaitFor +{running} +event 'number' since", text);
        Assert.Matches($@"Suspended +WaitFor +{suspended} +to be resumed since", text);
        Assert.Matches(@"\d+ unfinished, 0 of them stuck for more than 1 h 0 min", text);

        (code, text) = await RunAsync(List with { Doctor = true, OlderThan = TimeSpan.Zero });
        Assert.Equal(HistoryRunner.Stuck, code);
        Assert.Matches($@"stuck +Suspended +WaitFor +{suspended} ", text);

        (code, text) = await RunAsync(List with { Doctor = true, OlderThan = TimeSpan.Zero, Json = true });
        Assert.Equal(HistoryRunner.Stuck, code);
        var item = JsonNode.Parse(text)!.AsArray().Single(item => item!["instance"]!["instanceId"]!.GetValue<string>() == running)!;
        Assert.True(item["stuck"]!.GetValue<bool>());
        Assert.Equal("event 'number'", item["waits"]![0]!["what"]!.GetValue<string>());
    }

    [Fact]
    public async Task MistakesAreToldAsSuch()
    {
        await Assert.ThrowsAsync<ApiException>(() => RunAsync(List with { Status = "Happy" }));
        Assert.True((await Assert.ThrowsAsync<ApiException>(() => RunAsync(List with { Id = "nobody" }))).IsCallersFault);
        using var stranger = new ApiClient(host.Http.BaseAddress!);
        var refused = await Assert.ThrowsAsync<ApiException>(() => new HistoryRunner(stranger, AnsiConsole.Console, TextWriter.Null).RunAsync(List, default));
        Assert.Contains("IML4E_KEY", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("7d", 604800)]
    [InlineData("7", null)]
    [InlineData("h", null)]
    [InlineData("-1h", null)]
    [InlineData("1w", null)]
    public void LengthsOfTimeAreRead(string text, int? seconds) => Assert.Equal(seconds, (int?)Durations.Parse(text)?.TotalSeconds);

    private async Task<(int Code, string Text)> RunAsync(HistoryOptions options)
    {
        await using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(written),
        });
        console.Profile.Width = 160;
        using var api = new ApiClient(host.Http.BaseAddress!, host.Key);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var code = await new HistoryRunner(api, console, written).RunAsync(options, limit.Token);
        return (code, written.ToString());
    }
}
