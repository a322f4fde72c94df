using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Json;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Poses;

/// <summary>
/// How soon <c>pose-eval</c> answers, start and reading included, and how much memory it holds, beside pycocotools where Python has it, on the same files;
/// and how long diagnosis and bootstrap take.
/// </summary>
/// <param name="folder">For the files that are made.</param>
/// <param name="output">Where the tables go.</param>
/// <param name="data">Folder with the real data; null or not there = without.</param>
internal sealed class PoseBenchmark(string folder, TextWriter output, string? data)
{
    public const int DefaultRuns = 5;
    public const int DefaultMegabytes = 400;

    private const int Images = 5_000;
    private const int People = 10_000;
    private const int Detections = 40_000;

    // From the folder of its own, where it is compiled ahead of time.
    private static readonly string Command =
        Path.Combine(Repository.Root(), "core", "CommandLine", "bin", "Release", new DirectoryInfo(AppContext.BaseDirectory).Name, "Iml4e.CommandLine.dll");

    // A record of the poses has so many bytes on average.
    private const int BytesOfPose = 420;

    private static readonly string Peer = """
        import json, sys, time, contextlib, io, resource
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
        with contextlib.redirect_stdout(io.StringIO()):
            gt = COCO(sys.argv[1]); dt = gt.loadRes(sys.argv[2]); e = COCOeval(gt, dt, sys.argv[3]); e.evaluate(); e.accumulate(); e.summarize()
        print(json.dumps({"ap": e.stats[0], "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}))
        """;

    /// <summary>Measures and writes the tables; false when a bar is missed.</summary>
    public bool Run(int runs, int megabytes, CancellationToken ct)
    {
        var files = new PoseFiles(folder).Write(Images, People, Detections);
        var python = Array.Find(["python3", "/usr/bin/python3"], HasPeer);
        var met = Evaluate(files, runs, python, ct);
        met &= Small(runs);
        met &= Large(megabytes);
        met &= Inside(files, runs);
        if (python is null)
            output.WriteLine("  pycocotools is not there: no Python on the path can import it.");
        return met;
    }

    private bool Evaluate(PoseFiles files, int runs, string? python, CancellationToken ct)
    {
        var table = new ResultTable(string.Create(CultureInfo.InvariantCulture, $"{Images:N0} images, {People:N0} people, {Detections:N0} detections"));
        var met = true;
        foreach (var (type, results) in new[] { ("keypoints", files.Poses), ("bbox", files.Boxes) })
        {
            Sample seconds = new(), processor = new(), memory = new(), peerSeconds = new(), peerMemory = new();
            for (var i = 0; i < runs; i++)
            {
                ct.ThrowIfCancellationRequested();
                var run = Evaluated(files.Truth, results, type);
                seconds.Add(run.Seconds);
                processor.Add(run.ProcessorSeconds);
                memory.Add(run.Megabytes);
                if (python is null)
                    continue;
                var peer = PoseCommandRun.Of(python, ["-c", Peer, files.Truth, results, type]);
                peerSeconds.Add(peer.Seconds);
                peerMemory.Add((double)JsonNode.Parse(peer.Output)!["mb"]!);
                var difference = Math.Abs((double)JsonNode.Parse(peer.Output)!["ap"]! - Ap(run));
                if (difference > 1e-9)
                    throw new InvalidOperationException($"The average precisions differ by {difference}.");
            }

            const double Most = 1.3, MostMegabytes = 400, MostTime = 1.0 / 10, MostMemory = 1.0 / 3;
            met &= seconds.Median <= Most && memory.Median <= MostMegabytes;
            table.Add($"{type}, whole run", "s", seconds, ResultTable.Bar(seconds, Most, "s") + Beside(seconds, peerSeconds, MostTime));
            table.Add($"{type}, processor time", "s", processor);
            table.Add($"{type}, memory", "MB", memory, ResultTable.Bar(memory, MostMegabytes, "MB") + Beside(memory, peerMemory, MostMemory));
        }

        table.Write(output);
        return met;

        string Beside(Sample own, Sample peer, double most)
        {
            if (peer.Count == 0)
                return "";
            var keeps = own.Median <= most * peer.Median;
            met &= keeps;
            return FormattableString.Invariant($"; {own.Median / peer.Median:0.000} x pycocotools, bar {most:0.000}: {(keeps ? "met" : "MISSED")}");
        }
    }

    private bool Small(int runs)
    {
        var files = new PoseFiles(Directory.CreateDirectory(Path.Combine(folder, "small")).FullName).Write(4, 14, 70);
        var seconds = new Sample();
        for (var i = 0; i < runs; i++)
            seconds.Add(Evaluated(files.Truth, files.Poses, "keypoints").Seconds);
        new ResultTable("4 images").Add("start to answer", "s", seconds, ResultTable.Bar(seconds, 1, "s")).Write(output);
        return seconds.Median <= 1;
    }

    private bool Large(int megabytes)
    {
        var files = new PoseFiles(Directory.CreateDirectory(Path.Combine(folder, "large")).FullName);
        files.Write(Images, People, (int)(megabytes * 1_000_000L / BytesOfPose));
        var size = new FileInfo(files.Poses).Length / 1e6;
        var run = Evaluated(files.Truth, files.Poses, "keypoints");
        Sample seconds = new(), memory = new(), reading = new();
        seconds.Add(run.Seconds);
        memory.Add(run.Megabytes);
        var options = CocoReadOptions.For(CocoEvaluationOptions.Keypoints());
        using (var truthFile = File.OpenRead(files.Truth))
        using (var results = File.OpenRead(files.Poses))
        {
            var truth = CocoGroundTruthReader.Read(truthFile, options).Dataset;
            var started = Stopwatch.GetTimestamp();
            CocoResultsReader.Read(results, truth, options);
            reading.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        File.Delete(files.Poses);
        // The bars are for 400 MB.
        var share = size / DefaultMegabytes;
        new ResultTable(string.Create(CultureInfo.InvariantCulture, $"{size:F0} MB of results"))
            .Add("reading", "s", reading, ResultTable.Bar(reading, 8 * share, "s"))
            .Add("whole run", "s", seconds)
            .Add("memory", "MB", memory, ResultTable.Bar(memory, 600 * Math.Max(1, share), "MB"))
            .Write(output);
        return reading.Median <= 8 * share && memory.Median <= 600 * Math.Max(1, share);
    }

    private bool Inside(PoseFiles files, int runs)
    {
        var table = new ResultTable("Diagnosis and intervals");
        var met = true;
        if (data is not null && Directory.Exists(Path.Combine(data, "pose", "coco538-kp")))
        {
            var (truth, found) = Read(Path.Combine(data, "pose", "coco538-kp", "gt.json"), Path.Combine(data, "pose", "coco538-kp", "dt.json"));
            Sample first = new(), diagnosis = new(), sensitivity = new();
            for (var i = 0; i <= runs; i++)
                (i == 0 ? first : diagnosis).Add(Seconds(() => Diagnose(truth, found, false)));
            for (var i = 0; i < runs; i++)
                sensitivity.Add(Seconds(() => Diagnose(truth, found, true)));
            met &= first.Median <= 2;
            table.Add("coco538-kp, both distances, first time", "s", first, ResultTable.Bar(first, 2, "s"))
                .Add("coco538-kp, both distances", "s", diagnosis, ResultTable.Bar(diagnosis, 2, "s"))
                .Add("with sensitivities", "s", sensitivity);
        }
        else
        {
            output.WriteLine("  coco538-kp is not there: its diagnosis is left out.");
        }

        var (many, detections) = Read(files.Truth, files.Poses);
        var matches = CocoEvaluator.Match(many, detections, CocoEvaluationOptions.Keypoints());
        var bootstrap = new Sample();
        bootstrap.Add(Seconds(() => CocoBootstrap.Difference(matches, matches)));
        met &= bootstrap.Median <= 20;
        table.Add($"bootstrap of a difference, {Images} images", "s", bootstrap, ResultTable.Bar(bootstrap, 20, "s")).Write(output);
        return met;
    }

    private static void Diagnose(CocoDataset truth, IReadOnlyList<CocoDetection> found, bool sensitivity)
    {
        foreach (var distance in Enum.GetValues<CorrectionDistance>())
            PoseErrorAnalyzer.Analyze(truth, found, new PoseDiagnosisOptions { Distance = distance, Sensitivity = sensitivity });
    }

    private static (CocoDataset Truth, IReadOnlyList<CocoDetection> Found) Read(string truth, string results)
    {
        var options = CocoReadOptions.For(CocoEvaluationOptions.Keypoints());
        using var truthFile = File.OpenRead(truth);
        using var resultFile = File.OpenRead(results);
        var dataset = CocoGroundTruthReader.Read(truthFile, options).Dataset;
        return (dataset, CocoResultsReader.Read(resultFile, dataset, options).Detections);
    }

    private static double Seconds(Action act)
    {
        var started = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static PoseCommandRun Evaluated(string truth, string results, string type) => PoseCommandRun.Of(
        Environment.ProcessPath!, ["exec", Command, "pose-eval", "--gt", truth, "--dt", results, "--type", type, "--json"]);

    private static double Ap(PoseCommandRun run) => (double)JsonNode.Parse(run.Output)!["stats"]!["AP"]!;

    private static bool HasPeer(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import pycocotools.cocoeval"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
