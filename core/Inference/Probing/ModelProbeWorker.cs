namespace Iml4e.Inference.Probing;

/// <summary>
/// The process that models are tried in: reads models from its standard input, one after the other, and answers on its standard output what they are or why
/// they are refused. Whatever a model does to it (crash, memory, time) ends this process and no other.
/// </summary>
public static class ModelProbeWorker
{
    /// <summary>The command line argument that makes a program this process.</summary>
    public const string Argument = "--probe-models";

    private static readonly TimeSpan LookRound = TimeSpan.FromSeconds(1);

    /// <summary>Whether the program was started to try models; then its <c>Main</c> does <see cref="Run"/> and nothing else.</summary>
    public static bool IsAsked(string[] args) => args.Contains(Argument, StringComparer.Ordinal);

    /// <summary>Tries models until the standard input ends; the result is the exit code.</summary>
    public static int Run()
    {
        if (OperatingSystem.IsLinux())
        {
            ProcessLimits.StepBack();
            new Thread(EndWithParent) { IsBackground = true, Name = "parent" }.Start();
        }

        using var input = Console.OpenStandardInput();
        using var output = Console.OpenStandardOutput();
        return RunAsync(input, output).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(Stream input, Stream output)
    {
        while (await ProbeWire.ReadAsync<ProbeRequest>(input, CancellationToken.None).ConfigureAwait(false) is { } request)
        {
            var onnx = await ProbeWire.ReadBytesAsync(input, int.MaxValue, CancellationToken.None).ConfigureAwait(false);
            if (onnx is null)
                return 1;
            await ProbeWire.WriteAsync(output, Try(request, onnx), null, CancellationToken.None).ConfigureAwait(false);
        }

        return 0;
    }

    private static ProbeAnswer Try(ProbeRequest request, byte[] onnx)
    {
        if (OperatingSystem.IsLinux())
            ProcessLimits.LimitMemory(request.MaximumMemory);
        try
        {
            return new ProbeAnswer(ModelTrial.Run(onnx, request.Session, request.RunTimeout, request.OpenRunTime), null);
        }
        catch (InvalidModelException e)
        {
            return new ProbeAnswer(null, e.Message);
        }
    }

    // A parent that was killed cannot close the pipe of a child that is busy and does not look at it.
    private static void EndWithParent()
    {
        if (!OperatingSystem.IsLinux())
            return;
        for (var parent = ProcessLimits.Parent(); ProcessLimits.Parent() == parent;)
            Thread.Sleep(LookRound);
        Environment.FailFast(null);
    }
}
