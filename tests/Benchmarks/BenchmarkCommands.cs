using System.CommandLine;
using System.Globalization;
using Iml4e.Benchmarks.Adversarial;
using Iml4e.Benchmarks.Crash;
using Iml4e.Benchmarks.Gradients;
using Iml4e.Benchmarks.Poses;
using Iml4e.Benchmarks.Trees;
using Iml4e.Benchmarks.Trials;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks;

/// <summary>The benchmarks by name, with their options; without a name all of them run, as their defaults have it.</summary>
internal static class BenchmarkCommands
{
    /// <summary>All commands.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("Measures the product against what it stands on; every ratio is of figures of the same run.")
        {
            Startup(), Serving(), Durable(), Timers(), Catalog(), Trees(), Experiment(), Predictions(), Contention(), Crash(), Pipelines(), Fleet(), Idle(),
            Gradients(), Training(), Adversarial(), Pose(), Bare(), TrainWorker(),
        };
        root.SetAction((_, ct) => MeasureAsync(async (folder, output) =>
        {
            await new DurableBenchmark(folder, output).RunAsync(DurableBenchmark.DefaultActivities, DurableBenchmark.DefaultRounds);
            await new HubBenchmark(folder, output).RunAsync(HubBenchmark.DefaultInstances);
            await new TimerBenchmark(folder, output).RunAsync(TimerBenchmark.DefaultTimers, TimerBenchmark.DefaultSpreadSeconds);
            await new CatalogBenchmark(folder, output).RunAsync(CatalogBenchmark.DefaultSeconds, CatalogBenchmark.DefaultRounds, ct);
            await new ServingBenchmark(folder, output).RunAsync(ServingBenchmark.DefaultSeconds, ServingBenchmark.DefaultRounds, ct);
            await new StartupBenchmark(folder, output).RunAsync(StartupBenchmark.DefaultStarts, StartupBenchmark.DefaultIdleSeconds, ct);
        }));
        return root;
    }

    private static Command Startup()
    {
        var starts = Number("--starts", "Starts of the app.", StartupBenchmark.DefaultStarts);
        var idle = Number("--idle", "Seconds of rest before the memory is read.", StartupBenchmark.DefaultIdleSeconds);
        var command = new Command("startup", "Process start to first prediction; memory at rest, before and after a training.") { starts, idle };
        command.SetAction((parsed, ct) => MeasureAsync((folder, output) =>
            new StartupBenchmark(folder, output).RunAsync(parsed.GetValue(starts), parsed.GetValue(idle), ct)));
        return command;
    }

    private static Command Serving()
    {
        var seconds = Number("--seconds", "Seconds of one measurement.", ServingBenchmark.DefaultSeconds);
        var rounds = Number("--rounds", "Measurements of each kind.", ServingBenchmark.DefaultRounds);
        var command = new Command("serving", "Predictions over HTTP against a bare Kestrel endpoint with the same bodies.") { seconds, rounds };
        command.SetAction((parsed, ct) => MeasureAsync((folder, output) =>
            new ServingBenchmark(folder, output).RunAsync(parsed.GetValue(seconds), parsed.GetValue(rounds), ct)));
        return command;
    }

    private static Command Durable()
    {
        var activities = Number("--activities", "Activities of an orchestration.", DurableBenchmark.DefaultActivities);
        var rounds = Number("--rounds", "Measurements of each kind.", DurableBenchmark.DefaultRounds);
        var instances = Number("--instances", "Instances of the hub that is started, listed and purged.", HubBenchmark.DefaultInstances);
        var command = new Command("durable", "Orchestrated activities against synced SQLite commits on the same disk; start, list and purge of a full hub.")
        {
            activities, rounds, instances,
        };
        command.SetAction((parsed, _) => MeasureAsync(async (folder, output) =>
        {
            await new DurableBenchmark(folder, output).RunAsync(parsed.GetValue(activities), parsed.GetValue(rounds));
            await new HubBenchmark(folder, output).RunAsync(parsed.GetValue(instances));
        }));
        return command;
    }

    private static Command Timers()
    {
        var timers = Number("--timers", "Orchestrations that wait for a timer.", TimerBenchmark.DefaultTimers);
        var spread = Number("--spread", "Seconds over which the timers are due.", TimerBenchmark.DefaultSpreadSeconds);
        var command = new Command("timers", "Very many pending timers: cost at rest, and lateness.") { timers, spread };
        command.SetAction((parsed, _) => MeasureAsync((folder, output) =>
            new TimerBenchmark(folder, output).RunAsync(parsed.GetValue(timers), parsed.GetValue(spread))));
        return command;
    }

    private static Command Catalog()
    {
        var seconds = Number("--seconds", "Seconds of one measurement.", CatalogBenchmark.DefaultSeconds);
        var rounds = Number("--rounds", "Measurements of each kind.", CatalogBenchmark.DefaultRounds);
        var command = new Command("catalog", "Appends to the prediction log against appends of one record each.") { seconds, rounds };
        command.SetAction((parsed, ct) => MeasureAsync((folder, output) =>
            new CatalogBenchmark(folder, output).RunAsync(parsed.GetValue(seconds), parsed.GetValue(rounds), ct)));
        return command;
    }

    private static Command Trees()
    {
        var boosters = Number("--boosters", "Random boosters.", TreesBenchmark.DefaultBoosters);
        var rows = Number("--rows", "Rows that each is asked about.", TreesBenchmark.DefaultRows);
        var command = new Command("trees", "Boosted trees in ONNX Runtime against XGBoost's own answers. Not part of the run of all.") { boosters, rows };
        command.SetAction((parsed, ct) => MeasureAsync((_, output) =>
            new TreesBenchmark(output).Run(parsed.GetValue(boosters), parsed.GetValue(rows), ct) ? Task.CompletedTask
                : throw new StackException("Not every booster is kept to.")));
        return command;
    }

    private static Command Predictions()
    {
        var kills = Number("--kills", "Kills of the app.", PredictionsBenchmark.DefaultKills);
        var predictions = Number("--predictions", "Predictions of each of the two models.", PredictionsBenchmark.DefaultPredictions);
        var seed = Number("--seed", "Seed of the moments.", PredictionsBenchmark.DefaultSeed);
        var command = new Command("predictions",
            "Kills the app under load; no durable prediction may be missing in the log. Not part of the run of all.") { kills, predictions, seed };
        command.SetAction((parsed, ct) => MeasureAsync(async (folder, output) =>
        {
            if (!await new PredictionsBenchmark(folder, output).RunAsync(parsed.GetValue(kills), parsed.GetValue(predictions), parsed.GetValue(seed), ct))
                throw new StackException("Answered predictions are missing in the log.");
        }));
        return command;
    }

    private static Command Contention()
    {
        var writes = Number("--writes", "Writes of all processes together.", ContentionBenchmark.DefaultWrites);
        var faults = Number("--faults", "Requests of a hundred that go wrong.", ContentionBenchmark.DefaultFaults);
        var seed = Number("--seed", "Seed of writes and faults.", ContentionBenchmark.DefaultSeed);
        var command = new Command("contention",
            "Four processes write one catalogue through faults; nothing may be lost. Not part of the run of all.") { writes, faults, seed };
        command.SetAction((parsed, ct) => MeasureAsync(async (folder, output) =>
        {
            if (!await new ContentionBenchmark(folder, output).RunAsync(parsed.GetValue(writes), parsed.GetValue(faults), parsed.GetValue(seed), ct))
                throw new StackException("The catalogue did not come out as it was written.");
        }));
        return command;
    }

    private static Command Experiment()
    {
        var percent = Number(
            "--percent", "Percent of the full number of simulated runs; the bars are for 100, with few runs one may be missed by chance.",
            ExperimentBenchmark.DefaultPercent);
        var command = new Command("experiment", "The experiment's statistics in simulation, each figure beside its bar. Not part of the run of all.")
        {
            percent,
        };
        command.SetAction((parsed, ct) => MeasureAsync((_, output) =>
            new ExperimentBenchmark(output).Run(parsed.GetValue(percent), ct) ? Task.CompletedTask : throw new StackException("Not every bar is met.")));
        return command;
    }

    private static Command Pipelines()
    {
        var repeats = Number("--repeats", "Simulated repeats of each trial.", PipelinesBenchmark.DefaultRepeats);
        var simulated = new Option<bool>("--simulated") { Description = "Leaves out what runs over HTTP." };
        var command = new Command("pipelines",
            "Whole experiments over HTTP on two streams, sequential and as CTCD-e did. Not part of the run of all.") { repeats, simulated };
        command.SetAction((parsed, ct) => MeasureAsync(async (folder, output) =>
        {
            if (!await new PipelinesBenchmark(folder, output).RunAsync(parsed.GetValue(repeats), !parsed.GetValue(simulated), ct))
                throw new StackException("Not every experiment came out as it should.");
        }));
        return command;
    }

    private static Command Idle()
    {
        var pipelines = Number("--pipelines", "Pipelines, with a model each.", IdleBenchmark.DefaultPipelines);
        var command = new Command("idle", "Very many pipelines at rest: memory, schedules, routing lookups. Not part of the run of all.") { pipelines };
        command.SetAction((parsed, ct) => MeasureAsync(async (folder, output) =>
        {
            if (!await new IdleBenchmark(folder, output).RunAsync(parsed.GetValue(pipelines), ct))
                throw new StackException("Not every bar is met.");
        }));
        return command;
    }

    private static Command Fleet()
    {
        var units = Number("--units", "Units that are routed.", FleetBenchmark.DefaultUnits);
        var workers = Number("--workers", "Processes of the app.", FleetBenchmark.DefaultWorkers);
        var points = Number("--points", "Stops of the host after an activity.", FleetBenchmark.DefaultPoints);
        var bytes = Number("--bytes", "Bytes of the audit log that are changed; all unless given.", FleetBenchmark.DefaultBytes);
        var only = new Option<string>("--only") { Description = "One part alone: routing, stops, audit or assignment." };
        only.AcceptOnlyFromAmong("routing", "stops", "audit", "assignment");
        var command = new Command("fleet", "Experiments with several processes and with hosts that are stopped. Not part of the run of all.") { units,
            workers, points, bytes, only };
        command.SetAction((parsed, ct) => MeasureAsync(async (folder, output) =>
        {
            var (bench, part, met) = (new FleetBenchmark(folder, output), parsed.GetValue(only), true);
            if (part is null or "assignment")
                met &= bench.Assign();
            if (part is null or "audit")
                met &= await bench.TamperAsync(parsed.GetValue(bytes), ct);
            if (part is null or "stops")
                met &= await bench.StopAsync(parsed.GetValue(points), ct);
            if (part is null or "routing")
                met &= await bench.RouteAsync(parsed.GetValue(units), parsed.GetValue(workers), ct);
            if (!met)
                throw new StackException("Not every bar is met.");
        }));
        return command;
    }

    private static Command Adversarial()
    {
        var folder = new Option<DirectoryInfo>("--data") { Description = "Folder with mnist/, models/ and photos/; beside the repository unless given." };
        var only = new Option<string>("--only") { Description = "One part alone: digits, detector or jobs." };
        only.AcceptOnlyFromAmong("digits", "detector", "jobs");
        var reports = new Option<DirectoryInfo>("--reports") { Description = "Folder for the reports of the jobs." };
        var command = new Command("adversarial",
            "Attacks on digit classifiers and a detector, each figure beside its bar. Not part of the run of all.") { folder, only, reports };
        command.SetAction((parsed, ct) => MeasureAsync(async (scratch, output) =>
        {
            var data = parsed.GetValue(folder)?.FullName ?? Path.Combine(Repository.Root(), "..", "shared", "data");
            if (!Directory.Exists(data))
                throw new StackException($"The data are not in {data}; name their folder with --data.");
            var (part, met) = (parsed.GetValue(only), true);
            if (part is null or "digits")
                met &= new AdversarialBenchmark(data, output, ct).Run();
            if (part is null or "detector")
                met &= new DetectorBenchmark(data, output, ct).Run();
            if (part is null or "jobs")
                met &= await new DetectorJobsBenchmark(data, scratch, parsed.GetValue(reports), output).RunAsync(ct);
            if (!met)
                throw new StackException("Not every bar is met.");
        }));
        return command;
    }

    private static Command Pose()
    {
        var runs = Number("--runs", "Runs of each kind.", PoseBenchmark.DefaultRuns);
        var megabytes = Number("--megabytes", "Size of the largest result file.", PoseBenchmark.DefaultMegabytes);
        var folder = new Option<DirectoryInfo>("--data") { Description = "Folder with pose/; beside the repository unless given." };
        var command = new Command("pose", "Evaluation of poses and boxes beside pycocotools, where it is installed. Not part of the run of all.")
        {
            runs, megabytes, folder,
        };
        command.SetAction((parsed, ct) => MeasureAsync((scratch, output) =>
        {
            var data = parsed.GetValue(folder)?.FullName ?? Path.Combine(Repository.Root(), "..", "shared", "data");
            return new PoseBenchmark(scratch, output, data).Run(parsed.GetValue(runs), parsed.GetValue(megabytes), ct)
                ? Task.CompletedTask : throw new StackException("Not every bar is met.");
        }));
        return command;
    }

    private static Command Crash()
    {
        var kills = Number("--kills", "Kills of the worker.", CrashBenchmark.DefaultKills);
        var points = new Option<int>("--points") { Description = "Kills at each of the named points of the engine, after the others." };
        var seed = Number("--seed", "Seed of the moments and of the work.", CrashBenchmark.DefaultSeed);
        var command = new Command("crash", "Kills a worker at random moments; everything must come out as without. Not part of the run of all.") { kills,
            points, seed };
        command.SetAction((parsed, ct) => MeasureAsync(async (folder, output) =>
        {
            if (!await new CrashBenchmark(folder, output).RunAsync(parsed.GetValue(kills), parsed.GetValue(points), parsed.GetValue(seed), ct))
                throw new StackException("Not everything came out as without a kill.");
        }));
        return command;
    }

    private static Command Gradients()
    {
        var runs = Number("--runs", "Turns of each, a tenth of a second long or one run.", GradientsBenchmark.DefaultRuns);
        var only = new Option<string>("--only") { Description = "Models whose name holds this." };
        var models = new Option<DirectoryInfo>("--models")
        {
            Description = "Folder of FastestDet.onnx, yunet_n_320_320.onnx and version-RFB-320.onnx; without them only networks of our own.",
        };
        var command = new Command("gradients",
            "Gradients of networks in ONNX Runtime against PyTorch's, where it is installed. Not part of the run of all.") { runs, only, models };
        command.SetAction((parsed, _) => MeasureAsync((folder, output) =>
        {
            new GradientsBenchmark(folder, output).Run(parsed.GetValue(runs), parsed.GetValue(models)?.FullName, parsed.GetValue(only));
            return Task.CompletedTask;
        }));
        return command;
    }

    private static Command Training()
    {
        var epochs = Number("--epochs", "Epochs that are timed, in turns with the peer's.", TrainingBenchmark.DefaultEpochs);
        var kills = Number("--kills", "Kills of the training process.", TrainingBenchmark.DefaultKills);
        var mnist = new Option<DirectoryInfo>("--mnist") { Description = "Folder of MNIST's test images and labels (t10k-…-ubyte.gz).", Required = true };
        var command = new Command("training",
            "A network trained on MNIST's test images: time against PyTorch's, accuracy, kills. Not part of the run of all.") { epochs, kills, mnist };
        command.SetAction((parsed, ct) => MeasureAsync((folder, output) =>
            new TrainingBenchmark(folder, output).Run(parsed.GetValue(epochs), parsed.GetValue(kills), parsed.GetValue(mnist)!.FullName, ct)
                ? Task.CompletedTask : throw new StackException("Not every bar is met.")));
        return command;
    }

    private static Command TrainWorker()
    {
        var mnist = new Option<DirectoryInfo>("--mnist") { Required = true };
        var checkpoints = new Option<DirectoryInfo>("--checkpoints") { Required = true };
        var result = new Option<FileInfo>("--result") { Required = true };
        var command = new Command("train-worker", "The training that is killed.") { mnist, checkpoints, result };
        command.Hidden = true;
        command.SetAction(parsed => TrainingBenchmark.Work(parsed.GetValue(mnist)!.FullName, parsed.GetValue(checkpoints)!.FullName,
            parsed.GetValue(result)!.FullName));
        return command;
    }

    private static Command Bare()
    {
        var port = new Option<int>("--port") { Required = true };
        var answer = new Option<FileInfo>("--answer") { Required = true };
        var command = new Command("bare-server", "The endpoint that serving is compared with.") { port, answer };
        command.Hidden = true;
        command.SetAction((parsed, ct) => BareServer.RunAsync(parsed.GetValue(port), parsed.GetValue(answer)!, ct));
        return command;
    }

    private static Option<int> Number(string name, string description, int fallback)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value < 1)
                result.AddError($"{name} needs a number of 1 or more.");
        });
        return option;
    }

    // Each run has a folder of its own, beside the data of ./iml4e run: the disk that the product writes to.
    private static async Task<int> MeasureAsync(Func<string, TextWriter, Task> measure)
    {
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(Repository.Root(), ".iml4e",
                FormattableString.Invariant($"bench-{Environment.ProcessId}"))).FullName;
            try
            {
                await measure(folder, Console.Out);
                return 0;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is StackException or ApiException or HttpRequestException or IOException or OperationCanceledException or InvalidOperationException)
        {
            Console.Error.WriteLine(e is OperationCanceledException ? "Interrupted." : e.Message);
            return 1;
        }
    }
}
