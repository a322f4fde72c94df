using System.Net;
using System.Net.Sockets;

namespace Iml4e.CommandLine.Stack;

/// <summary>The whole product on one machine: Azurite for blobs and the function app, as child processes over one data folder.</summary>
internal sealed class LocalStack : IAsyncDisposable
{
    // The account and key that every storage emulator has; published by its makers, not a secret.
    private const string EmulatorAccount = "devstoreaccount1";
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    private readonly string _data;
    private readonly string _logs;
    private readonly FileStream _lock;
    private readonly IReadOnlyDictionary<string, string>? _settings;
    private readonly HttpClient _probe = new() { Timeout = TimeSpan.FromSeconds(5) };
    private ChildProcess? _azurite;
    private ChildProcess? _app;
    private int _blobPort;

    private LocalStack(string data, string logs, int port, FileStream guard, IReadOnlyDictionary<string, string>? settings)
    {
        _settings = settings;
        _data = data;
        _logs = logs;
        _lock = guard;
        Url = new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}"));
    }

    /// <summary>Root address of the app.</summary>
    public Uri Url { get; }

    /// <summary>Process id of the app; 0 before it was started.</summary>
    public int AppProcessId => _app?.Id ?? 0;

    /// <summary>Connection string of the blob storage, for whoever brings blobs as a customer's system would.</summary>
    public string StorageConnection => FormattableString.Invariant(
        $"DefaultEndpointsProtocol=http;AccountName={EmulatorAccount};AccountKey={EmulatorKey};BlobEndpoint=http://127.0.0.1:{_blobPort}/{EmulatorAccount};");

    /// <summary>Folder with the logs of both processes.</summary>
    public string LogFolder => _logs;

    /// <summary>True when a process has ended that should be running.</summary>
    public bool HasBroken => _app is { HasExited: true } || _azurite is { HasExited: true };

    /// <summary>Starts both processes and waits until the app is ready.</summary>
    /// <param name="options">Data folder, port and settings.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="StackException">A part is missing, the folder is in use, or a process ended or did not get ready in three minutes.</exception>
    public static async Task<LocalStack> StartAsync(LocalStackOptions options, CancellationToken ct)
    {
        var stack = await StartStorageAsync(options, ct);
        try
        {
            await stack.StartAppAsync(ct);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the blob service alone; the app follows by <see cref="RestartAppAsync"/> or <see cref="LaunchAppAsync"/>.</summary>
    /// <param name="options">Data folder, port and settings.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="StackException">A part is missing, the folder is in use, or the process ended or did not get ready in three minutes.</exception>
    public static async Task<LocalStack> StartStorageAsync(LocalStackOptions options, CancellationToken ct)
    {
        var data = Path.GetFullPath(options.DataFolder);
        var logs = Path.Combine(data, "logs");
        Directory.CreateDirectory(logs);
        Directory.CreateDirectory(Path.Combine(data, "azurite"));
        if (options.Port != 0 && !IsFree(options.Port))
            throw new StackException(FormattableString.Invariant(
                $"Port {options.Port} is in use. Stop what listens there, or choose another one with --port."));
        var stack = new LocalStack(data, logs, options.Port == 0 ? FreePort() : options.Port, Guard(data), options.Settings);
        try
        {
            await stack.StartAzuriteAsync(ct);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the app without warning, as a power failure would; blobs stay up.</summary>
    public Task KillAppAsync() => _app?.KillAsync() ?? Task.CompletedTask;

    /// <summary>Starts the app again over the same data and port, and waits until it is ready.</summary>
    public Task RestartAppAsync(CancellationToken ct) => StartAppAsync(ct);

    /// <summary>Says which process has ended and what it wrote last.</summary>
    public string DescribeFailure()
    {
        var dead = _azurite is { HasExited: true } ? _azurite : _app;
        return dead is null ? "Nothing was started." : $"{dead.Name} has ended. Its last words (all of them in {dead.LogFile}):\n{dead.LastLines()}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The app first: it may still have something to store.
        if (_app is not null)
            await _app.DisposeAsync();
        if (_azurite is not null)
            await _azurite.DisposeAsync();
        _probe.Dispose();
        await _lock.DisposeAsync();
    }

    private async Task StartAzuriteAsync(CancellationToken ct)
    {
        _blobPort = FreePort();
        string[] command =
        [
            "node", Repository.AzuriteScript(), "--blobHost", "127.0.0.1", "--blobPort", FormattableString.Invariant($"{_blobPort}"),
            "--location", Path.Combine(_data, "azurite"), "--skipApiVersionCheck", "--silent", "--disableTelemetry",
        ];
        _azurite = ChildProcess.Start("Azurite", Path.Combine(_logs, "azurite.log"), command, new Dictionary<string, string>(), _data);
        // Any answer will do: an anonymous request is refused, by a service that is up.
        await WaitAsync(_azurite, new Uri(FormattableString.Invariant($"http://127.0.0.1:{_blobPort}/{EmulatorAccount}?comp=list")), _ => true, ct);
    }

    /// <summary>Stops the app in order; blobs stay up.</summary>
    public Task StopAppAsync() => _app?.StopAsync() ?? Task.CompletedTask;

    /// <summary>Starts the app, again if it runs, and returns as soon as the process exists.</summary>
    public async Task LaunchAppAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        var folder = Repository.FunctionsFolder();
        var environment = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = StorageConnection,
            ["LocalRuntime__Url"] = Url.AbsoluteUri.TrimEnd('/'),
            ["LocalRuntime__DataFolder"] = Path.Combine(_data, "runtime"),
            ["LocalRuntime__Auth"] = "off",
            ["DOTNET_gcServer"] = "0",
        };
        foreach (var (name, value) in _settings ?? new Dictionary<string, string>())
            environment[name] = value;
        string[] command = ["dotnet", Path.Combine(folder, "Iml4e.Functions.dll")];
        _app = ChildProcess.Start("The function app", Path.Combine(_logs, "app.log"), command, environment, folder);
    }

    private async Task StartAppAsync(CancellationToken ct)
    {
        await LaunchAppAsync();
        await WaitAsync(_app!, new Uri(Url, "/v2/health/ready"), status => status == HttpStatusCode.OK, ct);
    }

    private async Task WaitAsync(ChildProcess process, Uri address, Func<HttpStatusCode, bool> ready, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)StartPatience.TotalMilliseconds;
        while (true)
        {
            if (process.HasExited)
                throw new StackException($"{process.Name} ended while starting. Its last words (all of them in {process.LogFile}):\n{process.LastLines()}");
            try
            {
                using var response = await _probe.GetAsync(address, ct);
                if (ready(response.StatusCode))
                    return;
            }
            catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
            {
                // Not listening yet.
            }
            if (Environment.TickCount64 > deadline)
                throw new StackException(
                    $"{process.Name} did not get ready in {StartPatience.TotalSeconds:0} s. "
                    + $"Its last words (all of them in {process.LogFile}):\n{process.LastLines()}");
            await Task.Delay(50, ct);
        }
    }

    private static FileStream Guard(string data)
    {
        var path = Path.Combine(data, "stack.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new StackException($"The data folder {data} is in use by another run. Stop that one, or choose another folder with --data.");
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
