using System.Diagnostics;
using System.Globalization;

namespace Iml4e.Benchmarks.Gradients;

/// <summary>A script that waits with all it has read until its turn comes, so that it is measured in the same seconds as what it is compared with.</summary>
internal sealed class PythonTurns : IDisposable
{
    private readonly Process _python;
    private readonly Task<string> _errors;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="arguments">The script and what it takes; <c>--turns</c> is added.</param>
    /// <exception cref="InvalidOperationException">It ended, with what it said.</exception>
    internal PythonTurns(params IEnumerable<string> arguments)
    {
        _python = Process.Start(new ProcessStartInfo(TorchGraph.Python!, [.. arguments, "--turns"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _errors = _python.StandardError.ReadToEndAsync();
        Read();
    }

    /// <summary>Lets it have a turn.</summary>
    /// <param name="times">How often it does what it does.</param>
    /// <returns>The median of what that took, in the script's unit.</returns>
    internal double Turn(int times = 1)
    {
        _python.StandardInput.WriteLine(times.ToString(CultureInfo.InvariantCulture));
        return Read();
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _python.StandardInput.Close();
        _python.WaitForExit();
        _python.Dispose();
    }

    private double Read() => _python.StandardOutput.ReadLine() is { } line
        ? double.Parse(line, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException("PyTorch failed: " + _errors.GetAwaiter().GetResult());
}
