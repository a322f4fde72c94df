using System.Globalization;

namespace Iml4e.Benchmarks.Crash;

/// <summary>What the logs of the worker's lives tell of activities: how often each was begun, and which were running when a life ended.</summary>
internal sealed class ExecutionCounts
{
    private readonly Dictionary<(long Execution, int Task), List<int>> _lives = [];

    /// <summary>Activities, each attempt for itself.</summary>
    public int Activities => _lives.Count;

    /// <summary>Executions above the first of each.</summary>
    public int Repeated => _lives.Values.Sum(lives => lives.Count - 1);

    /// <summary>Lives at the end of which an activity was running.</summary>
    public int LivesWithWork { get; private set; }

    /// <summary>Activities that were executed more than once and once more for each kill meanwhile; as text.</summary>
    public List<string> TooOften { get; } = [];

    public static ExecutionCounts Read(string folder, int lives)
    {
        var counts = new ExecutionCounts();
        for (var life = 1; life <= lives; life++)
            counts.ReadLife(Path.Combine(folder, FormattableString.Invariant($"executions-{life}.log")), life);
        foreach (var (activity, executed) in counts._lives)
        {
            // Each life but the last of those that it was under way in ended by a kill.
            var kills = executed.Max() - executed.Min();
            if (executed.Count > 1 + kills || executed.Distinct().Count() != executed.Count)
                counts.TooOften.Add(FormattableString.Invariant($"execution {activity.Execution} task {activity.Task} in lives {string.Join(',', executed)}"));
        }

        return counts;
    }

    private void ReadLife(string path, int life)
    {
        // A life that was killed early has none.
        if (!File.Exists(path))
            return;
        var running = 0;
        foreach (var line in File.ReadLines(path))
        {
            if (line.Split(' ') is not [var sign, var execution, var task, _])
                continue;
            running += sign == "+" ? 1 : -1;
            if (sign != "+")
                continue;
            var activity = (long.Parse(execution, CultureInfo.InvariantCulture), int.Parse(task, CultureInfo.InvariantCulture));
            if (!_lives.TryGetValue(activity, out var lives))
                _lives[activity] = lives = [];
            lives.Add(life);
        }

        if (running > 0)
            LivesWithWork++;
    }
}
