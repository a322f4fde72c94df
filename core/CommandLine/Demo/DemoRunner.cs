using System.Diagnostics;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;
using Spectre.Console;

namespace Iml4e.CommandLine.Demo;

/// <summary>Starts a stack, plays the story on it, and says whether it was told in full.</summary>
internal sealed class DemoRunner(IAnsiConsole console)
{
    private const string StateName = "story.json";
    private const int ComparedDays = 7;

    /// <summary>Plays the demo; 0 when the story was told in full, 1 otherwise.</summary>
    public async Task<int> RunAsync(DemoOptions options, CancellationToken ct)
    {
        var started = Stopwatch.StartNew();
        var state = Prepare(options);
        var stateFile = Path.Combine(Path.GetFullPath(options.DataFolder), StateName);
        // Marks the folder as a demo's from the start, whatever becomes of it: the next demo may empty it.
        Directory.CreateDirectory(options.DataFolder);
        state.Save(stateFile);
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(options.DataFolder, options.Port), ct);
        console.Profile.Out.Writer.WriteLine($"The app and its dashboard: {stack.Url}    logs: {stack.LogFolder}");
        using var api = new ApiClient(stack.Url);
        var building = new StoryBuilding(state.Seed);
        StoryVerdict verdict;
        double? first;
        IReadOnlyList<string> violations = [];
        var kills = 0;
        var live = console.Profile.Capabilities.Interactive && console.Profile.Out.IsTerminal ? new LiveScreen(console, stack.Url) : null;
        try
        {
            IStoryScreen screen = live is null ? new PlainScreen(console) : live;
            var story = new Story(api, building, state, stateFile, screen);
            var chaos = new Chaos(stack, options.Kills, options.Seed, screen.Say);
            (verdict, first) = await PlayAsync(story, chaos, stack, ct);
            kills = chaos.Done;
            if (options.Kills > 0)
            {
                screen.Say("Checking what must hold after the kills.");
                violations = await new ChaosAudit(api).FindAsync(state, ct);
            }
        }
        finally
        {
            if (live is not null)
                await live.DisposeAsync();
        }
        foreach (var line in StoryLines.End(verdict, first))
            console.Profile.Out.Writer.WriteLine(line);
        foreach (var violation in violations)
            console.Profile.Out.Writer.WriteLine("VIOLATION: " + violation);
        if (options.Kills > 0)
            console.Profile.Out.Writer.WriteLine(FormattableString.Invariant($"The app was killed {kills} times; {violations.Count} violations."));
        console.Profile.Out.Writer.WriteLine(FormattableString.Invariant($"Took {started.Elapsed.TotalSeconds:0} s."));
        if (!options.Exit)
            await StayAsync(stack, ct);
        return verdict.IsTold && violations.Count == 0 && kills == options.Kills ? 0 : 1;
    }

    private static async Task<(StoryVerdict Verdict, double? First)> PlayAsync(Story story, Chaos chaos, LocalStack stack, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var killing = chaos.RunAsync(ending.Token);
        var playing = story.PlayAsync(() => chaos.IsRunning, ending.Token);
        var watching = chaos.IsRunning ? killing : WatchAsync(stack, ending.Token);
        try
        {
            // Whoever breaks first ends the other: a stack that does not come back must not leave the story waiting.
            while (!playing.IsCompleted)
            {
                var done = await Task.WhenAny(playing, watching);
                if (done == watching)
                {
                    await watching;
                    watching = WatchAsync(stack, ending.Token);
                }
            }
            var verdict = await playing;
            return (verdict, await story.FirstModelErrorAsync(ComparedDays, ct));
        }
        finally
        {
            await ending.CancelAsync();
            await QuietlyAsync(playing);
            await QuietlyAsync(watching);
            await QuietlyAsync(killing);
        }
    }

    private static async Task WatchAsync(LocalStack stack, CancellationToken ct)
    {
        while (!stack.HasBroken)
            await Task.Delay(250, ct);
        throw new StackException(stack.DescribeFailure());
    }

    private static async Task QuietlyAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // The first failure is already on its way to the caller; this one is its echo.
        }
    }

    private static StoryState Prepare(DemoOptions options)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        var known = StoryState.Load(Path.Combine(folder, StateName));
        if (options.Resume)
            return known ?? throw new StoryException($"{folder} holds no story to resume.");
        if (known is not null)
            Directory.Delete(folder, recursive: true);
        else if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new StoryException($"{folder} is not empty and holds no demo. Choose another folder with --data; a demo starts from nothing.");
        return new StoryState { Seed = options.Seed };
    }

    private async Task StayAsync(LocalStack stack, CancellationToken ct)
    {
        console.Profile.Out.Writer.WriteLine($"The app stays up at {stack.Url} until Ctrl-C.");
        try
        {
            await WatchAsync(stack, ct);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how it ends.
        }
    }
}
