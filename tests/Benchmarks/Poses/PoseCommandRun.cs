using System.Diagnostics;

namespace Iml4e.Benchmarks.Poses;

/// <summary>One run of a command, from its start to its end.</summary>
/// <param name="Seconds">Elapsed, which other work on the machine lengthens.</param>
/// <param name="ProcessorSeconds">Time that it had a processor, as last seen before its end.</param>
/// <param name="Megabytes">The most memory it held.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record PoseCommandRun(double Seconds, double ProcessorSeconds, double Megabytes, string Output)
{
    /// <summary>Runs a command.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static PoseCommandRun Of(string file, IEnumerable<string> arguments)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        long most = 0;
        var processor = TimeSpan.Zero;
        // The kernel keeps the peak itself, but only as long as the process lives.
        while (!process.WaitForExit(5))
        {
            try
            {
                process.Refresh();
                most = Math.Max(most, process.PeakWorkingSet64);
                processor = process.TotalProcessorTime;
            }
            catch (InvalidOperationException)
            {
                break;
            }
        }

        process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Path.GetFileName(file)} ended with {process.ExitCode}: {errors.GetAwaiter().GetResult()}");
        return new PoseCommandRun(seconds, processor.TotalSeconds, most / 1e6, output.GetAwaiter().GetResult());
    }
}
