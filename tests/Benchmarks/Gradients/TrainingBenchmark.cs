using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Benchmarks.Gradients;

/// <summary>
/// Trains a small convolutional network on MNIST's test images: the time of an epoch beside PyTorch's, the accuracy on held-out images, and the same bits after the
/// process was killed again and again.
/// </summary>
/// <param name="folder">Folder for what is written.</param>
/// <param name="output">Where the table goes.</param>
internal sealed class TrainingBenchmark(string folder, TextWriter output)
{
    public const int DefaultEpochs = 9;
    public const int DefaultKills = 10;

    private const int Threads = 2;
    private const int ImagesHeader = 16;
    private const int LabelsHeader = 8;
    private const int Side = 28;
    private const int Learnt = 8_000;
    private const int WorkerImages = 1_500;
    private const double EpochBar = 1.2;
    private const double AccuracyBar = 0.975;
    private static readonly TimeSpan LongestWorker = TimeSpan.FromMinutes(5);

    /// <summary>Measures and writes the table.</summary>
    /// <param name="epochs">Epochs that are timed, in turns with the peer's: on a machine that is shared, one minute is not like the next.</param>
    /// <param name="kills">Kills of the training process.</param>
    /// <param name="mnist">Folder of the images.</param>
    /// <param name="ct">Ends the measurement.</param>
    /// <returns>Whether every bar is met; times are only shown.</returns>
    public bool Run(int epochs, int kills, string mnist, CancellationToken ct)
    {
        var table = new ResultTable(string.Create(CultureInfo.InvariantCulture, $"training: a convolutional network of two stages, batch 32, Adam, {Threads} threads"));
        var all = Read(mnist);
        var (mine, theirs, ratios) = (new Sample(), new Sample(), new Sample());
        using (var torch = TorchGraph.Python is null ? null : new PythonTurns(TorchArguments(mnist)))
        {
            torch?.Turn();
            NetworkTraining.Run(Network(), all, null, new NetworkTrainingOptions { Epochs = epochs + 1, Seed = 1, Threads = Threads }, Take, ct);

            void Take(EpochReport epoch)
            {
                // The first warms up.
                if (epoch.Epoch == 1)
                    return;
                mine.Add(epoch.Seconds);
                if (torch is null)
                    return;
                theirs.Add(torch.Turn());
                ratios.Add(mine.Values[^1] / theirs.Values[^1]);
            }
        }

        var compared = theirs.Count == 0 ? "" : $"{ResultTable.Turns(ratios, "PyTorch")}; {ResultTable.Bar(ratios, EpochBar, "x")}";
        table.Add("epoch of 10,000 images", "s", mine, compared);
        if (theirs.Count > 0)
            table.Add("  PyTorch", "s", theirs);

        var (train, test) = (all.Take([.. Enumerable.Range(0, Learnt)]), all.Take([.. Enumerable.Range(Learnt, all.Count - Learnt)]));
        // The images that judge choose nothing: five epochs are planned, and what comes out of them is measured once.
        var accuracy = new Sample();
        var schedule = new LearningRateSchedule { Kind = ScheduleKind.OneCycle };
        var options = new NetworkTrainingOptions { Epochs = 5, LearningRate = 2e-3, Schedule = schedule, Seed = 1, Threads = Threads };
        var trained = NetworkTraining.Run(Network(), train, null, options, ct: ct);
        accuracy.Add(NetworkEvaluation.Of(trained.Model, test, Threads, ct).Metric * 100);
        var verdict = accuracy.Max >= AccuracyBar * 100 ? "met" : "MISSED";
        table.Add("accuracy after 5 epochs, 8,000 learnt, 2,000 held out", "%", accuracy, $"bar 97.5: {verdict}");

        var (same, deaths) = Kill(kills, mnist);
        table.Add("kills (SIGKILL) of one training", "", deaths, same ? "weights as without, to the bit" : "weights DIFFER");
        table.Write(output);
        return same && accuracy.Max >= AccuracyBar * 100;
    }

    /// <summary>Trains with checkpoints in a folder and writes the model's digest: what is killed.</summary>
    internal static void Work(string mnist, string checkpoints, string result)
    {
        var options = new NetworkTrainingOptions
        {
            Epochs = 2, Seed = 5, Threads = 1, Checkpoints = new FolderCheckpoints(checkpoints), CheckpointEvery = 5, Augmentation = new Augmentation { Shift = 1 },
        };
        var network = Architectures.Convolutional([1, Side, Side], [8, 16], 10, BlockKind.Depthwise, dropout: 0.2, seed: 3);
        var all = Read(mnist);
        var trained = NetworkTraining.Run(
            network, all.Take([.. Enumerable.Range(0, WorkerImages)]), all.Take([.. Enumerable.Range(WorkerImages, WorkerImages / 3)]), options);
        File.WriteAllText(result, Convert.ToHexStringLower(SHA256.HashData(GraphSurgery.Serialize(trained.Model))));
    }

    private (bool Same, Sample Kills) Kill(int kills, string mnist)
    {
        var random = new Random(1);
        var (whole, length) = Train(mnist, "whole", null);
        var killed = 0;
        string? digest = null;
        while (digest is null)
        {
            // A start takes its part of the time; without the last of the kills it would not end.
            var life = killed < kills ? TimeSpan.FromSeconds(length.TotalSeconds * (0.2 + random.NextDouble() * 0.5)) : (TimeSpan?)null;
            (digest, _) = Train(mnist, "parts", life);
            killed += digest is null ? 1 : 0;
        }

        var sample = new Sample();
        sample.Add(killed);
        return (digest == whole, sample);
    }

    private (string? Digest, TimeSpan Took) Train(string mnist, string name, TimeSpan? life)
    {
        var result = Path.Combine(folder, name + ".digest");
        string[] arguments = [typeof(TrainingBenchmark).Assembly.Location, "train-worker", "--mnist", mnist, "--checkpoints", Path.Combine(folder, name), "--result", result];
        var started = Stopwatch.GetTimestamp();
        using var worker = Process.Start(new ProcessStartInfo("dotnet", arguments))!;
        if (!worker.WaitForExit(life ?? LongestWorker))
        {
            worker.Kill();
            worker.WaitForExit();
            if (life is null)
                throw new InvalidOperationException("The training did not end.");
            return (null, Stopwatch.GetElapsedTime(started));
        }

        if (worker.ExitCode != 0)
            throw new InvalidOperationException("The training failed.");
        return (File.ReadAllText(result), Stopwatch.GetElapsedTime(started));
    }

    private static ModelProto Network() => Architectures.Convolutional([1, Side, Side], [16, 32], 10, seed: 1);

    private static string[] TorchArguments(string mnist) =>
    [
        TorchGraph.Script("torch_training.py"), Path.Combine(mnist, "t10k-images-idx3-ubyte.gz"), Path.Combine(mnist, "t10k-labels-idx1-ubyte.gz"),
        "--threads", Threads.ToString(CultureInfo.InvariantCulture),
    ];

    private static Examples Read(string mnist)
    {
        var (images, labels) = (Unzip(Path.Combine(mnist, "t10k-images-idx3-ubyte.gz")), Unzip(Path.Combine(mnist, "t10k-labels-idx1-ubyte.gz")));
        var count = BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(4));
        var values = new float[count * Side * Side];
        for (var i = 0; i < values.Length; i++)
            values[i] = images[ImagesHeader + i] / 255f;
        return Examples.OfClasses(values, [1, Side, Side], [.. labels.Skip(LabelsHeader).Select(l => (long)l)], 10);
    }

    private static byte[] Unzip(string file)
    {
        using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var result = new MemoryStream();
        gzip.CopyTo(result);
        return result.ToArray();
    }
}
