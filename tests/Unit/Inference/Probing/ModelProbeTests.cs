using Google.Protobuf;
using Iml4e.Inference;
using Iml4e.Inference.Probing;
using Iml4e.Tests.Unit.Inference.Onnx;
using Iml4e.Tests.Unit.Inference.Onnx.Hostile;

namespace Iml4e.Tests.Unit.Inference.Probing;

/// <summary>Models tried by the app's own program, as a child of this process.</summary>
public sealed class ModelProbeTests : IAsyncDisposable
{
    private static readonly ModelProbeOptions Options = new()
    {
        Program = "dotnet", Arguments = [Path.Combine(AppContext.BaseDirectory, "Iml4e.Functions.dll")], Timeout = TimeSpan.FromSeconds(120), RunTimeout = TimeSpan.FromSeconds(30),
        MaximumMemory = 512L << 20,
    };

    private readonly ModelProbe _probe = new(Options, TimeProvider.System);

    public static TheoryData<string> Secret => [.. HostileModels.All.Where(m => m.OnlyWhenTried).Select(m => m.Name)];

    public ValueTask DisposeAsync() => _probe.DisposeAsync();

    [Fact]
    public async Task A_sound_model_is_described_as_it_would_be_here()
    {
        var bytes = TestGraphs.Branches().ToByteArray();
        using var here = ModelSession.Load(bytes);
        for (var i = 0; i < 3; i++)
        {
            var there = await _probe.CheckAsync(bytes, CancellationToken.None);
            Assert.Equal(here.Metadata.Inputs.Select(Describe), there.Inputs.Select(Describe));
            Assert.Equal(here.Metadata.Outputs.Select(Describe), there.Outputs.Select(Describe));
        }

        static string Describe(TensorMetadata t) => $"{t.Name} {t.Datatype} [{string.Join(',', t.Shape)}] [{string.Join(',', t.Symbols ?? [])}] {t.AnyRank}";
    }

    [Theory]
    [MemberData(nameof(Secret))]
    public async Task What_no_file_tells_shows_when_it_is_tried(string name)
    {
        var hostile = HostileModels.All.Single(m => m.Name == name);
        var refused = await Assert.ThrowsAsync<InvalidModelException>(() => _probe.CheckAsync(hostile.Make(), CancellationToken.None));
        Assert.Contains(hostile.Reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".cc", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(AppContext.BaseDirectory, refused.Message, StringComparison.Ordinal);
        // The next one is none the worse for it.
        Assert.Single((await _probe.CheckAsync(TestGraphs.Linear().ToByteArray(), CancellationToken.None)).Outputs);
    }

    [Fact]
    public async Task A_model_that_takes_too_long_is_given_up_and_its_process_with_it()
    {
        var endless = HostileModels.All.Single(m => m.Name == "loop-that-the-input-makes-endless").Make();
        await using var hasty = new ModelProbe(Options with { Timeout = TimeSpan.FromSeconds(4), RunTimeout = TimeSpan.FromMinutes(5), OpenRunTime = TimeSpan.FromMinutes(5) }, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<InvalidModelException>(() => hasty.CheckAsync(endless, CancellationToken.None));
        Assert.Contains("within 4 s", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_goes_away_ends_the_trial()
    {
        var endless = HostileModels.All.Single(m => m.Name == "loop-that-the-input-makes-endless").Make();
        await using var patient = new ModelProbe(Options with { RunTimeout = TimeSpan.FromMinutes(5), OpenRunTime = TimeSpan.FromMinutes(5), MaximumProcesses = 1 }, TimeProvider.System);
        using var away = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.CheckAsync(endless, away.Token));
        Assert.Single((await patient.CheckAsync(TestGraphs.Linear().ToByteArray(), CancellationToken.None)).Outputs);
    }

    [Fact]
    public async Task A_file_that_has_passed_is_not_tried_again_but_any_other_is()
    {
        var model = TestGraphs.Linear();
        var bytes = model.ToByteArray();
        var first = await _probe.CheckAsync(bytes, CancellationToken.None);
        Assert.Equal(1, _probe.Trials);
        Assert.Same(first, await _probe.CheckAsync(bytes.ToArray(), CancellationToken.None));
        Assert.Equal(1, _probe.Trials);
        model.ProducerName += "2";
        Assert.NotSame(first, await _probe.CheckAsync(model.ToByteArray(), CancellationToken.None));
        Assert.Equal(2, _probe.Trials);
    }

    [Fact]
    public async Task A_file_that_was_refused_is_tried_each_time()
    {
        var refused = HostileModels.All.Single(m => m.Name == "wrong-type").Make();
        for (var i = 1; i <= 3; i++)
        {
            await Assert.ThrowsAsync<InvalidModelException>(() => _probe.CheckAsync(refused, CancellationToken.None));
            Assert.Equal(i, _probe.Trials);
        }
    }

    [Fact]
    public async Task The_oldest_are_forgotten_first()
    {
        await using var forgetful = new ModelProbe(Options with { MaximumRemembered = 2 }, TimeProvider.System);
        var files = Enumerable.Range(0, 3).Select(i =>
        {
            var model = TestGraphs.Linear();
            model.ProducerName = $"{i}";
            return model.ToByteArray();
        }).ToArray();
        foreach (var (file, trials) in new[] { (0, 1), (1, 2), (0, 2), (2, 3), (2, 3), (1, 3), (0, 4) })
        {
            await forgetful.CheckAsync(files[file], CancellationToken.None);
            Assert.Equal(trials, forgetful.Trials);
        }
    }

    [Fact]
    public async Task Models_wait_for_their_turn_but_not_in_any_number()
    {
        await using var narrow = new ModelProbe(Options with { MaximumProcesses = 1, MaximumQueue = 3, MaximumRemembered = 0 }, TimeProvider.System);
        var bytes = TestGraphs.Linear().ToByteArray();
        var all = Enumerable.Range(0, 12).Select(_ => Record.ExceptionAsync(() => narrow.CheckAsync(bytes, CancellationToken.None))).ToArray();
        var ends = await Task.WhenAll(all);
        Assert.Equal(4, ends.Count(e => e is null));
        Assert.All(ends.Where(e => e is not null), e => Assert.IsType<ProbeUnavailableException>(e));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_no_fault_of_the_model()
    {
        await using var lost = new ModelProbe(Options with { Program = "no-such-program-anywhere" }, TimeProvider.System);
        await Assert.ThrowsAsync<ProbeUnavailableException>(() => lost.CheckAsync(TestGraphs.Linear().ToByteArray(), CancellationToken.None));
    }

    [Fact]
    public async Task A_damaged_file_starts_no_process()
    {
        await using var lost = new ModelProbe(Options with { Program = "no-such-program-anywhere" }, TimeProvider.System);
        await Assert.ThrowsAsync<InvalidModelException>(() => lost.CheckAsync(new byte[100], CancellationToken.None));
    }

    [Fact]
    public void The_process_is_told_no_secrets()
    {
        Environment.SetEnvironmentVariable("AzureWebJobsStorage__probeTest", "secret");
        try
        {
            using var process = ProbeProcess.Start(Options, TimeProvider.System);
            if (!OperatingSystem.IsLinux())
                return;
            var environment = File.ReadAllText($"/proc/{process.Id}/environ");
            Assert.DoesNotContain("secret", environment, StringComparison.Ordinal);
            Assert.Contains("PATH=", environment, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("AzureWebJobsStorage__probeTest", null);
        }
    }
}
