using Iml4e.CommandLine.Simulation;
using Iml4e.CommandLine.Stack;

namespace Iml4e.CommandLine.Demo;

/// <summary>Kills the function app (SIGKILL) at random moments and starts it again, as power failures would. The moments come from a seed.</summary>
internal sealed class Chaos(LocalStack stack, int kills, int seed, Action<string> say)
{
    // Longer on average than a training on two cores: the app gives an activity up that takes the process down three times in a row.
    private const double ShortestPauseSeconds = 3;
    private const double LongestPauseSeconds = 14;
    private const int RandomPart = -7;
    private int _done;

    /// <summary>Kills so far.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>True until the last kill and restart are over.</summary>
    public bool IsRunning => Done < kills;

    /// <summary>Kills and restarts until the number of kills is reached.</summary>
    /// <exception cref="StackException">The app does not come back.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var random = RandomStream.For(seed, RandomPart);
        for (var kill = 1; kill <= kills; kill++)
        {
            var pause = ShortestPauseSeconds + ((LongestPauseSeconds - ShortestPauseSeconds) * random.NextUniform());
            await Task.Delay(TimeSpan.FromSeconds(pause), ct);
            await stack.KillAppAsync();
            say(FormattableString.Invariant($"chaos: kill {kill} of {kills}"));
            await stack.RestartAppAsync(ct);
            Volatile.Write(ref _done, kill);
        }
    }
}
