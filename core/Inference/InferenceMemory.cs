using Microsoft.ML.OnnxRuntime;

namespace Iml4e.Inference;

/// <summary>A limit on the memory that all runs of a process take together: a model that wants more fails by itself instead of taking the process with it.</summary>
public static class InferenceMemory
{
    /// <summary>Highest limit that ONNX Runtime's C# interface takes, in bytes.</summary>
    public const long HighestLimit = uint.MaxValue;

    private const int AsRequested = 1;
    private static readonly Lock Gate = new();

    /// <summary>The limit, in bytes; null when there is none.</summary>
    public static long? Limit { get; private set; }

    internal static bool IsLimited => Limit is not null;

    /// <summary>
    /// Makes all sessions built from now on share one arena of at most so many bytes. Weights do not count. The first limit of a process stays: the runtime
    /// cannot take an arena back.
    /// </summary>
    /// <param name="bytes">Between 1 MiB and <see cref="HighestLimit"/>; more counts as that.</param>
    public static void Restrict(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1L << 20);
        lock (Gate)
        {
            if (Limit is not null)
                return;
            using var cpu = new OrtMemoryInfo("Cpu", OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
            using var arena = new OrtArenaCfg((uint)Math.Min(bytes, HighestLimit), AsRequested, -1, -1);
            OrtEnv.Instance().CreateAndRegisterAllocator(cpu, arena);
            Limit = Math.Min(bytes, HighestLimit);
        }
    }

    /// <summary>Half of the memory that the machine or container gives the process.</summary>
    public static long DefaultLimit() => Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, 256L << 20, HighestLimit);
}
