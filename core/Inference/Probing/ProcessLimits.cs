using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Iml4e.Inference.Probing;

/// <summary>What a Linux process can do to itself so that a bad model cannot hurt anyone else.</summary>
[SupportedOSPlatform("linux")]
internal static partial class ProcessLimits
{
    private const int Data = 2;
    private const int Core = 4;
    private const int ProcessPriority = 0;
    private const int Politeness = 10;
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>Last in line for the processor, first when the machine runs out of memory, and no core files.</summary>
    internal static void StepBack()
    {
        _ = SetPriority(ProcessPriority, 0, Politeness);
        var none = default(Limit);
        _ = SetLimit(Core, in none);
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not everywhere allowed; the limit on memory holds all the same.
        }
    }

    /// <summary>Lets the process take so many bytes of memory beyond what it has.</summary>
    internal static void LimitMemory(long more)
    {
        var limit = new Limit { Soft = (ulong)(DataSize() + more), Hard = Unlimited };
        _ = SetLimit(Data, in limit);
    }

    /// <summary>The process that started this one.</summary>
    [LibraryImport("libc", EntryPoint = "getppid")]
    internal static partial int Parent();

    private static long DataSize()
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("VmData:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(7, line.Length - 9).Trim(), NumberStyles.None, CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
