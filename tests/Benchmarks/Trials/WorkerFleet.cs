using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Trials;

/// <summary>Several processes of the app over one blob storage, each with durable state of its own; experiments run in the first.</summary>
internal sealed class WorkerFleet : IAsyncDisposable
{
    private readonly LocalStack _stack;
    private readonly string _folder;
    private readonly Uri[] _urls;
    private readonly ChildProcess?[] _others;
    private readonly HttpClient _probe = new() { Timeout = TimeSpan.FromSeconds(5) };

    private WorkerFleet(LocalStack stack, string folder, int workers)
    {
        (_stack, _folder) = (stack, folder);
        _others = new ChildProcess?[workers];
        _urls = [stack.Url, .. Enumerable.Range(1, workers - 1).Select(_ => new Uri(FormattableString.Invariant($"http://127.0.0.1:{Waiting.FreePort()}")))];
    }

    /// <summary>Root addresses of the processes.</summary>
    public IReadOnlyList<Uri> Urls => _urls;

    /// <summary>Connection string of the storage.</summary>
    public string StorageConnection => _stack.StorageConnection;

    /// <summary>Starts them all.</summary>
    public static async Task<WorkerFleet> StartAsync(string folder, int workers, CancellationToken ct)
    {
        var fleet = new WorkerFleet(await LocalStack.StartAsync(new LocalStackOptions(folder, 0) { Settings = Settings() }, ct), folder, workers);
        try
        {
            for (var i = 1; i < workers; i++)
                await fleet.StartAsync(i, ct);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops a process and starts it again.</summary>
    /// <param name="worker">0 for the one that experiments run in.</param>
    /// <param name="kill">Whether without warning.</param>
    /// <param name="ct">Gives up.</param>
    public async Task RestartAsync(int worker, bool kill, CancellationToken ct)
    {
        if (worker == 0)
        {
            if (kill)
                await _stack.KillAppAsync();
            else
                await _stack.StopAppAsync();
            await _stack.RestartAppAsync(ct);
            return;
        }

        if (kill)
            await _others[worker]!.KillAsync();
        await _others[worker]!.DisposeAsync();
        await StartAsync(worker, ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
        {
            if (other is not null)
                await other.DisposeAsync();
        }

        await _stack.DisposeAsync();
        _probe.Dispose();
    }

    private static Dictionary<string, string> Settings() => new() { ["Iml4e__DurablePredictions"] = "false", ["LocalRuntime__BlobPollInterval"] = "00:10:00" };

    private async Task StartAsync(int worker, CancellationToken ct)
    {
        var environment = Settings();
        environment["AzureWebJobsStorage"] = _stack.StorageConnection;
        environment["LocalRuntime__Url"] = _urls[worker].AbsoluteUri.TrimEnd('/');
        environment["LocalRuntime__DataFolder"] = Path.Combine(_folder, FormattableString.Invariant($"runtime-{worker}"));
        environment["LocalRuntime__Auth"] = "off";
        environment["DOTNET_gcServer"] = "0";
        var app = Repository.FunctionsFolder();
        _others[worker] = ChildProcess.Start(
            FormattableString.Invariant($"Worker {worker}"), Path.Combine(_stack.LogFolder, FormattableString.Invariant($"worker-{worker}.log")),
            ["dotnet", Path.Combine(app, "Iml4e.Functions.dll")], environment, app);
        await Waiting.SuccessAsync(_probe, () => new HttpRequestMessage(HttpMethod.Get, new Uri(_urls[worker], "/v2/health/ready")), ct);
    }
}
