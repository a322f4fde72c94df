namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>
/// Who is to blame when the process falls. Nothing tells a kill from outside from work that takes the process down, but a culprit is running at each fall
/// and others only happen to be. So work is convicted when it was running in a number of falls in a row, and when it was the only one of which this could
/// be said at the last. A fall without it clears it. Work that may be convicted by the next fall is a suspect: suspects are held back until the process
/// has lived without them for a while, so that whoever kills it from outside shows, and then run one at a time, so that they do not cover each other.
/// </summary>
internal static class CrashSuspicion
{
    /// <summary>Whether the next fall may convict the work.</summary>
    /// <param name="crashes">Falls in a row in which it was running.</param>
    /// <param name="limit">Falls in a row that convict, 2 or more.</param>
    public static bool IsSuspect(int crashes, int limit) => crashes == limit - 1;

    /// <summary>Whether the work is not to be run again.</summary>
    public static bool IsConvicted(int crashes, int limit) => crashes >= limit;

    /// <summary>What a fall changes in the numbers of falls in a row.</summary>
    /// <param name="known">What is to be run, with the numbers before the fall.</param>
    /// <param name="running">What was running when the process fell.</param>
    /// <param name="limit">Falls in a row that convict, 2 or more.</param>
    /// <returns>The new numbers of those whose number changes.</returns>
    public static Dictionary<RunningWork, int> AfterFall(
        IEnumerable<KeyValuePair<RunningWork, int>> known, IReadOnlyCollection<RunningWork> running, int limit)
    {
        var changed = new Dictionary<RunningWork, int>();
        foreach (var (work, crashes) in known)
        {
            if (IsConvicted(crashes, limit))
                continue;
            var now = running.Contains(work) ? crashes + 1 : 0;
            if (now != crashes)
                changed.Add(work, now);
        }

        // Several at once cannot all be guilty: they stay suspects, and the next fall meets at most one of them.
        var convicted = changed.Where(item => IsConvicted(item.Value, limit)).Select(item => item.Key).ToList();
        if (convicted.Count > 1)
            convicted.ForEach(work => changed.Remove(work));
        return changed;
    }
}
