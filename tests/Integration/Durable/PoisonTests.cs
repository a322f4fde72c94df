using System.Diagnostics;
using System.Globalization;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>Activities, operations and orchestrators that take their process down, and processes that are killed from outside: real ones.</summary>
public sealed class PoisonTests : IDisposable
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("iml4e-poison-");
    private int life;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task An_activity_that_ends_the_process_is_failed_after_three_falls_and_those_beside_it_are_not()
    {
        await FallThriceAsync("Poison", "poison");

        Assert.Equal("\"ActivityPoisoned 6\"", Find("poison").Output);
        Assert.Equal(3, BegunIn("FallOver").Count);
    }

    [Theory]
    [InlineData("PoisonedEntity", "EntityOperationPoisoned 2")]
    [InlineData("PoisonedChild", "OrchestrationPoisoned")]
    public async Task So_are_operations_of_entities_and_orchestrators(string orchestrator, string expected)
    {
        await FallThriceAsync(orchestrator, "culprit");
        Assert.Equal($"\"{expected}\"", Find("culprit").Output);
    }

    [Fact]
    public async Task Thirty_kills_from_outside_poison_nobody()
    {
        var random = new Random(3);
        var ids = Enumerable.Range(0, 6).Select(i => FormattableString.Invariant($"fan-{i}")).ToList();
        for (var kill = 0; kill < 30; kill++)
        {
            using var worker = Start("2");
            Assert.Equal("ready", await worker.StandardOutput.ReadLineAsync().WaitAsync(Patience));

            // One more after each fifth kill, so that there is always work.
            if (kill % 5 == 0)
            {
                await worker.StandardInput.WriteLineAsync(FormattableString.Invariant($"1 start {ids[kill / 5]} FanOut {kill}"));
                Assert.Equal("1 ok", await worker.StandardOutput.ReadLineAsync().WaitAsync(Patience));
            }

            await Task.Delay(random.Next(20, 150));
            Assert.False(worker.HasExited);
            worker.Kill();
            await worker.WaitForExitAsync();
        }

        using var last = Start("2");
        foreach (var id in ids)
            await UntilFinishedAsync(id);
        last.StandardInput.Close();
        await last.WaitForExitAsync().WaitAsync(Patience);
        Assert.All(ids, id => Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (Find(id).Status, Find(id).Failure)));
    }

    /// <summary>Three lives in which the process falls by itself, and one in which the instance ends.</summary>
    private async Task FallThriceAsync(string orchestrator, string id)
    {
        using (var first = Start("0.3"))
        {
            await first.StandardInput.WriteLineAsync($"1 start {id} {orchestrator} 0");
            await first.WaitForExitAsync().WaitAsync(Patience);
            Assert.NotEqual(0, first.ExitCode);
        }

        for (var fall = 2; fall <= 3; fall++)
        {
            using var next = Start("0.3");
            await next.WaitForExitAsync().WaitAsync(Patience);
            Assert.NotEqual(0, next.ExitCode);
        }

        using (var last = Start("0.3"))
        {
            await UntilFinishedAsync(id);
            last.StandardInput.Close();
            await last.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(0, last.ExitCode);
        }
    }

    // The worker's arguments: folder, life, quiet time in seconds.
    private Process Start(string quiet)
    {
        var program = Path.Combine(Azurite.RepositoryRoot(), "tests", "CrashWorker", "bin", Configuration, "net10.0", "Iml4e.CrashWorker.dll");
        var info = new ProcessStartInfo("dotnet", [program, folder.FullName, (++life).ToString(CultureInfo.InvariantCulture), quiet])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // No dump of the memory at each fall.
        info.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        var process = Process.Start(info)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilFinishedAsync(string id)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!Find(id).IsFinished)
            await Task.Delay(20, limit.Token);
    }

    private InstanceRecord Find(string id)
    {
        using var readers = new StoreReaders(new DurableTaskSettings { DataFolder = folder.FullName, HubName = "Crash" }.DatabasePath);
        return new InstanceQueries(readers).Find(id, withPayloads: true) ?? throw new InvalidOperationException($"There is no instance '{id}'.");
    }

    private List<string> BegunIn(string activity) =>
    [
        .. folder.GetFiles("executions-*.log")
            .SelectMany(file => File.ReadLines(file.FullName))
            .Where(line => line.StartsWith('+') && line.EndsWith(activity, StringComparison.Ordinal)),
    ];
}
