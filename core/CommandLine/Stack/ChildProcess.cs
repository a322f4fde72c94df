using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Iml4e.CommandLine.Stack;

/// <summary>
/// A process that we start and that never outlives us. Its output goes to a log file. On Linux it gets a session of its own, so that Ctrl-C reaches it
/// only through us, and the kernel kills it when we die, however that happens (<c>prctl(PR_SET_PDEATHSIG)</c> through <c>setpriv</c>).
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly BlockingCollection<Action> Starts = [];
    private static readonly Lazy<Thread> Starter = new(() =>
    {
        // The kernel sends the death signal when the *thread* that started the child ends: pool threads come and go, this one stays.
        var thread = new Thread(() =>
        {
            foreach (var start in Starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "child processes" };
        thread.Start();
        return thread;
    });

    private readonly Process _process;

    private ChildProcess(Process process, string name, string logFile)
    {
        _process = process;
        Name = name;
        LogFile = logFile;
    }

    /// <summary>What the process is, for messages.</summary>
    public string Name { get; }

    /// <summary>File that its output is appended to.</summary>
    public string LogFile { get; }

    /// <summary>The operating system's number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>True once the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The exit code of a process that has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a program.</summary>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="logFile">File that its output is appended to; the folder must exist.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Variables added to ours.</param>
    /// <param name="workingFolder">Folder in which it runs.</param>
    public static ChildProcess Start(
        string name, string logFile, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string workingFolder)
    {
        var info = new ProcessStartInfo("/bin/sh") { WorkingDirectory = workingFolder, UseShellExecute = false };
        // The shell redirects and then becomes the program: no pipe that could fill up or break, and the process id is the program's.
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add("exec \"$@\" >>\"$0\" 2>&1 </dev/null");
        info.ArgumentList.Add(logFile);
        foreach (var word in Guards().Concat(command))
            info.ArgumentList.Add(word);
        foreach (var (key, value) in environment)
            info.Environment[key] = value;
        _ = Starter.Value;
        var started = new TaskCompletionSource<Process>();
        Starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(info) ?? throw new InvalidOperationException($"{name} did not start."));
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return new ChildProcess(started.Task.GetAwaiter().GetResult(), name, logFile);
    }

    /// <summary>Ends the process at once, as a power failure would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the process to end, and kills it when it has not done so after ten seconds.</summary>
    public async Task StopAsync()
    {
        if (_process.HasExited)
            return;
        _ = Signal(_process.Id, SigTerm);
        using var patience = new CancellationTokenSource(Grace);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    /// <summary>The last lines of the log, for an error message.</summary>
    public string LastLines(int count = 12)
    {
        try
        {
            using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Seek(-Math.Min(stream.Length, 8192), SeekOrigin.End);
            using var reader = new StreamReader(stream);
            return string.Join('\n', reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(count));
        }
        catch (IOException)
        {
            return "(its log cannot be read: " + LogFile + ")";
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private static IEnumerable<string> Guards()
    {
        if (!OperatingSystem.IsLinux())
            yield break;
        if (File.Exists("/usr/bin/setsid"))
            yield return "/usr/bin/setsid";
        if (!File.Exists("/usr/bin/setpriv"))
            yield break;
        yield return "/usr/bin/setpriv";
        yield return "--pdeathsig";
        yield return "KILL";
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int processId, int signal);
}
