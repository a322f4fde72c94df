using System.Diagnostics;
using System.Globalization;
using Iml4e.Catalog;
using Iml4e.CatalogTrials.Faults;
using Iml4e.CommandLine.Stack;

namespace Iml4e.CatalogTrials.Contention;

/// <summary>
/// Processes that write to one catalogue at once, through a proxy that lets a share of all requests go wrong, by clocks that are minutes apart. Then whatever
/// was acknowledged must be there, once, and the catalogue intact.
/// </summary>
/// <param name="folder">For storage and journals.</param>
internal sealed class ContentionTrial(string folder)
{
    /// <summary>Runs.</summary>
    /// <param name="processes">Processes that write.</param>
    /// <param name="writes">Writes of all together.</param>
    /// <param name="faults">Share of the requests that go wrong.</param>
    /// <param name="seed">Of faults and writes.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<ContentionResult> RunAsync(int processes, int writes, double faults, int seed, CancellationToken ct)
    {
        await using var stack = await LocalStack.StartStorageAsync(new LocalStackOptions(Path.Combine(folder, "storage"), 0), ct);
        await using var store = new CatalogStore(CatalogStore.CreateClient(stack.StorageConnection));
        await store.InitializeAsync(ct);
        for (var i = 0; i < CatalogWriter.Shared; i++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"shared-{i}");
            await store.Runs.SaveAsync(new RunRecord { RunId = id, Kind = "evaluate", StartedAt = DateTimeOffset.UnixEpoch, Status = RunStatus.Running }, ct);
        }

        var (proxy, connection) = await FaultProxy.StartAsync(stack.StorageConnection, faults, seed, TimeSpan.FromSeconds(3));
        await using var disposing = proxy;
        var started = Stopwatch.GetTimestamp();
        var journals = await WriteAsync(connection, processes, writes, seed, ct);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var lines = Journal.Read(journals).ToList();
        var problems = new List<string>();
        await new ContentionChecks(store, lines, problems).RunAsync(ct);
        var summary = await store.Verifier.VerifyAsync(
            VerificationScope.All,
            fault =>
            {
                problems.Add($"verify: {fault.Path} {fault.Kind}: {fault.Problem}");
                return ValueTask.CompletedTask;
            },
            ct);
        if (summary.Checked.GetValueOrDefault("artefacts") == 0)
            problems.Add("the verification saw no artefact");
        return new ContentionResult(
            lines.Count, proxy.Requests, proxy.Injected.Values.Sum(n => (long)n), seconds, problems);
    }

    private async Task<List<string>> WriteAsync(string connection, int processes, int writes, int seed, CancellationToken ct)
    {
        var writers = new List<ChildProcess>();
        var journals = new List<string>();
        try
        {
            for (var i = 0; i < processes; i++)
            {
                var journal = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"journal-{i}.txt"));
                journals.Add(journal);
                string[] command =
                [
                    "dotnet", Program(),
                    .. WriterProcess.Arguments(connection, i, writes / processes, seed, TimeSpan.FromMinutes(7 * (i - 1)), journal),
                ];
                writers.Add(ChildProcess.Start(
                    $"writer {i}", Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"writer-{i}.log")), command,
                    new Dictionary<string, string> { ["DOTNET_gcServer"] = "0", ["DOTNET_TieredPGO"] = "0" }, folder));
            }

            foreach (var writer in writers)
            {
                while (!writer.HasExited)
                    await Task.Delay(50, ct);
                if (writer.ExitCode != 0)
                    throw new StackException($"{writer.Name} failed:\n{writer.LastLines(40)}");
            }
        }
        finally
        {
            foreach (var writer in writers)
                await writer.DisposeAsync();
        }

        return journals;
    }

    // From the folder that it was built into, where all that it needs lies beside it; of the configuration and framework of this program.
    private static string Program()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(Repository.Root(), "tests", "CatalogTrials", "bin", framework.Parent?.Name ?? "Release", framework.Name, "Iml4e.CatalogTrials.dll");
    }
}
