using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Iml4e.Inference.Probing;

/// <summary>A process that tries models, seen from the app.</summary>
internal sealed class ProbeProcess : IDisposable
{
    private const int Killed = 128 + 9;
    private const int LastWords = 4096;

    // What a .NET process with ONNX Runtime takes by itself; one that has just started has not taken it yet.
    private const long Runtime = 160L << 20;
    private static readonly TimeSpan MemoryLook = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Kept =
        ["PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "SystemRoot", "windir"];

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly StringBuilder _words = new();
    private int _trials;
    private bool _spent;
    private volatile bool _grown;

    private ProbeProcess(Process process, TimeProvider time) => (_process, _time) = (process, time);

    /// <summary>The operating system's number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process is fit for another model: alive, not too old, not grown.</summary>
    public bool IsFit => !_spent && !_process.HasExited && _trials < 500 && WorkingSet() < 512L << 20;

    /// <summary>Starts the process.</summary>
    /// <exception cref="ProbeUnavailableException">The operating system did not start it.</exception>
    public static ProbeProcess Start(ModelProbeOptions options, TimeProvider time)
    {
        var info = new ProcessStartInfo(options.Program ?? Environment.ProcessPath ?? throw new ProbeUnavailableException("the program of this process is not known"))
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in options.Arguments ?? Arguments(info.FileName))
            info.ArgumentList.Add(argument);
        info.ArgumentList.Add(ModelProbeWorker.Argument);
        // What a model makes of the process must find no connection strings and keys in it.
        foreach (var name in info.Environment.Keys.Where(k => !Kept.Contains(k, StringComparer.OrdinalIgnoreCase)).ToArray())
            info.Environment.Remove(name);
        info.Environment["DOTNET_gcServer"] = "0";
        info.Environment["DOTNET_gcConcurrent"] = "0";
        info.Environment["DOTNET_TieredPGO"] = "0";
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        try
        {
            var process = new ProbeProcess(Process.Start(info) ?? throw new ProbeUnavailableException("the process that tries models did not start"), time);
            process._process.ErrorDataReceived += (_, e) => process.Hear(e.Data);
            process._process.BeginErrorReadLine();
            return process;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new ProbeUnavailableException("the process that tries models cannot be started", e);
        }
    }

    /// <summary>Tries a model. When that ends the process, or is given up, the process is of no further use.</summary>
    /// <exception cref="InvalidModelException">The model is refused, crashed the process, or took too much time or memory.</exception>
    /// <exception cref="ProbeUnavailableException">The process ended before it had the model, or after it had had others: a fresh one will tell.</exception>
    public async Task<ModelMetadata> TryAsync(ReadOnlyMemory<byte> onnx, ModelProbeOptions options, CancellationToken ct)
    {
        _trials++;
        var memory = options.MaximumMemory + 5L * onnx.Length;
        using var patience = new CancellationTokenSource(options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        var handed = false;
        var watch = WatchMemoryAsync(memory + Math.Max(WorkingSet(), Runtime), either.Token);
        try
        {
            await ProbeWire.WriteAsync(_process.StandardInput.BaseStream, Request(options, memory), onnx, either.Token).ConfigureAwait(false);
            handed = true;
            var answer = await ProbeWire.ReadAsync<ProbeAnswer>(_process.StandardOutput.BaseStream, either.Token).ConfigureAwait(false)
                ?? throw await EndedAsync(memory).ConfigureAwait(false);
            return answer.Metadata ?? throw new InvalidModelException(answer.Refusal ?? "the model is refused");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Kill();
            throw new InvalidModelException(string.Create(
                CultureInfo.InvariantCulture, $"the model cannot be loaded and run within {options.Timeout.TotalSeconds:0.#} s"));
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or System.Text.Json.JsonException or ObjectDisposedException)
        {
            if (!handed)
                throw new ProbeUnavailableException("the process that tries models ended too early", e);
            throw await EndedAsync(memory).ConfigureAwait(false);
        }
        finally
        {
            await either.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(false);
        }
    }

    private static ProbeRequest Request(ModelProbeOptions options, long memory) => new(options.Session, memory, options.RunTimeout, options.OpenRunTime);

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    // dotnet App.dll runs as "dotnet", which has to be told the assembly; a program of its own knows what it is.
    private static string[] Arguments(string program) =>
        Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase) && System.Reflection.Assembly.GetEntryAssembly() is { } entry
            ? [Path.Combine(AppContext.BaseDirectory, entry.GetName().Name + ".dll")]
            : [];

    private async Task<Exception> EndedAsync(long memory)
    {
        Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        // What an earlier model left behind, or whoever ended the process, must not be blamed on this one.
        if (_trials > 1 && !_grown)
            return new ProbeUnavailableException("the process that tries models ended");
        var tooLarge = _grown || _process.ExitCode == Killed;
        lock (_words)
            tooLarge |= NativeMemory.IsShort(_words.ToString()) || _words.ToString().Contains("OutOfMemory", StringComparison.Ordinal);
        return new InvalidModelException(tooLarge
            ? string.Create(CultureInfo.InvariantCulture, $"the model needs more than {memory >> 20} MiB of memory to be loaded and run on the smallest input")
            : "the model crashes ONNX Runtime when it is loaded or run");
    }

    /// <summary>Kills the process when it holds too much.</summary>
    private async Task WatchMemoryAsync(long most, CancellationToken ct)
    {
        try
        {
            while (WorkingSet() <= most)
                await Task.Delay(MemoryLook, _time, ct).ConfigureAwait(false);
            _grown = true;
            Kill();
        }
        catch (OperationCanceledException)
        {
            // The trial is over.
        }
    }

    private long WorkingSet()
    {
        try
        {
            _process.Refresh();
            return _process.HasExited ? 0 : _process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }

    private void Hear(string? line)
    {
        lock (_words)
        {
            if (line is not null && _words.Length < LastWords)
                _words.Append(line.AsSpan(0, Math.Min(line.Length, 500))).Append('\n');
        }
    }

    private void Kill()
    {
        _spent = true;
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
