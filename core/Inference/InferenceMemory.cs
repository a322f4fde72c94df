using Iml4e.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Iml4e.Inference;

/// <summary>
/// A limit on the memory that all runs of a process take together: a model that wants more fails by itself instead of taking the process with it. What no run
/// uses any more is given back to the machine twice a minute; the runtime alone would keep as much as the greediest request ever took.
/// </summary>
public static class InferenceMemory
{
    /// <summary>Highest limit that ONNX Runtime's C# interface takes, in bytes.</summary>
    public const long HighestLimit = uint.MaxValue;

    private const int AsRequested = 1;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);
    private static readonly Lock Gate = new();
    private static readonly Lazy<ModelSession> Least = new(LoadLeast);
    private static ITimer? _round;

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
            _round = TimeProvider.System.CreateTimer(_ => GiveBack(), null, Round, Round);
        }
    }

    /// <summary>Gives memory that no run uses back to the machine. Runs under way are not disturbed; the next large one has to ask for it anew.</summary>
    internal static void GiveBack()
    {
        // The runtime shrinks the arena at the end of a run that asks for it; one of a single number is enough.
        try
        {
            Least.Value.Run([Tensor.FromFloats("x", [0f], 1)]);
        }
        catch (InferenceFailedException)
        {
            // All memory is in use: there is nothing to give back in this round.
        }

        NativeHeap.Trim();
    }

    private static ModelSession LoadLeast()
    {
        var graph = new GraphBuilder("least");
        graph.Output("y", graph.Input("x", TensorDatatype.FP32, 1), TensorDatatype.FP32, 1);
        return ModelSession.Load(graph.Build(), SessionSettings.Default with { ShrinkArena = true });
    }

    /// <summary>Half of the memory that the machine or container gives the process.</summary>
    public static long DefaultLimit() => Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, 256L << 20, HighestLimit);
}
