using System.Diagnostics;
using System.Globalization;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Crash;

/// <summary>A life of the crash worker: a real process, which is killed or asked to stop.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private readonly Lock _gate = new();

    private WorkerProcess(Process process, Action<int, string> answered)
    {
        _process = process;
        _reading = ReadAsync(answered);
    }

    /// <summary>True when the engine runs; false when the process ended before it did.</summary>
    public Task<bool> Ready => _ready.Task;

    /// <summary>Completes when the process has ended and all that it said is read.</summary>
    public Task Ended => _reading;

    /// <summary>The exit code; only once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <param name="folder">Where the hub is.</param>
    /// <param name="life">The number of this life.</param>
    /// <param name="answered">Takes number and text of each answer, on any thread.</param>
    /// <param name="more">Further arguments of the worker.</param>
    public static WorkerProcess Start(string folder, int life, Action<int, string> answered, params IEnumerable<string> more)
    {
        var program = Path.Combine(Repository.Root(), "tests", "CrashWorker", "bin", Configuration, "net10.0", "Iml4e.CrashWorker.dll");
        if (!File.Exists(program))
            throw new StackException($"The worker is not built: {program} is missing.");
        var info = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { program, folder, life.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in more)
            info.ArgumentList.Add(argument);
        return new WorkerProcess(Process.Start(info) ?? throw new StackException("The worker did not start."), answered);
    }

    /// <summary>Says a line to the worker, which may have ended meanwhile.</summary>
    public void Send(string line)
    {
        lock (_gate)
        {
            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // It was killed; what is not answered is sent again to the next one.
            }
        }
    }

    /// <summary>SIGKILL, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
    }

    /// <summary>Has the worker stop in order.</summary>
    public async Task StopAsync()
    {
        lock (_gate)
            _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _reading;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private async Task ReadAsync(Action<int, string> answered)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == "ready")
                _ready.TrySetResult(true);
            else if (line.Split(' ', 2) is [var number, var text] && int.TryParse(number, CultureInfo.InvariantCulture, out var value))
                answered(value, text);
        }

        _ready.TrySetResult(false);
    }
}
