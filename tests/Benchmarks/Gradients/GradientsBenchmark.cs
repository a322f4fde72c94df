using System.Diagnostics;
using System.Globalization;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Benchmarks.Gradients;

/// <summary>Gradients of networks in ONNX Runtime against PyTorch's for the same graph, weights and input, in turns; both with two threads.</summary>
internal sealed class GradientsBenchmark(string folder, TextWriter output)
{
    public const int DefaultRuns = 10;

    private const int Threads = 2;
    private const int Resolution = 224;
    private const int Batch = 8;
    private const int Blocks = 36;
    // Milliseconds: what is quick has many runs in a turn.
    private const double LeastTurn = 100;
    private const int Pause = 100;
    private const double BackwardBar = 6;
    private const double BuildBar = 500;

    // What the bar on the cost of an input's gradient is about.
    private static readonly string[] Judged = ["FastestDet, by the input", "YuNet, by the input", "Residual CNN, by the input"];

    /// <summary>Measures and writes the table.</summary>
    /// <param name="runs">Turns of each, of a tenth of a second or of one run that takes longer.</param>
    /// <param name="models">Folder of the public models; null = without them.</param>
    /// <param name="only">Models whose name holds this; null = all.</param>
    public void Run(int runs, string? models, string? only = null)
    {
        var table = new ResultTable(string.Create(CultureInfo.InvariantCulture, $"gradients: {Threads} threads; forward and backward together"));
        if (TorchGraph.Python is null)
            output.WriteLine("PyTorch is not installed (Debian: python3-torch): nothing to compare with.");
        var costs = new Sample();
        foreach (var (name, model, shape, weights, training) in Subjects(models).Where(s => only is null || s.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            var cost = Measure(table, name, GradientSubject.Of(model(), shape, weights, training), training, runs);
            if (Judged.Contains(name))
                costs.Add(cost);
        }

        if (costs.Count == Judged.Length)
            table.Add("gradient by the input over forward alone: FastestDet, YuNet, residual CNN", "x", costs, ResultTable.Bar(costs, BackwardBar, "x"));
        if (only is null)
            MeasureBuilding(table, runs);
        table.Write(output);
    }

    private static void MeasureBuilding(ResultTable table, int runs)
    {
        var model = Deep();
        string[] weights = [.. model.Graph.Initializer.Select(i => i.Name).Where(n => n.EndsWith(".weight", StringComparison.Ordinal))];
        foreach (var (what, request) in new (string, GradientRequest)[]
        {
            ("by the input", new() { Wrt = ["input"] }), ("by all weights, training", new() { Wrt = weights, KeepTied = weights, TrainingMode = true }),
        })
        {
            var (sample, digests) = (new Sample(), new HashSet<string>());
            for (var i = 0; i < runs; i++)
            {
                var started = Stopwatch.GetTimestamp();
                var built = GradientGraphBuilder.Build(model, request);
                sample.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                digests.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(GraphSurgery.Serialize(built.Model))));
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"building the gradients of {model.Graph.Node.Count} nodes, {what}");
            table.Add(name, "ms", sample, $"{ResultTable.Bar(sample, BuildBar, "ms")}; {(digests.Count == 1 ? "the same bytes each time" : "bytes DIFFER")}");
        }
    }

    private static ModelProto Deep()
    {
        var network = new NetworkBuilder("input", seed: 1, 8, 16, 16);
        for (var i = 0; i < Blocks; i++)
        {
            network.Residual(
                $"block{i}",
                b => b.Convolution("conv1", 8, 3, bias: false).BatchNormalization("bn1", Activation.Relu)
                    .Convolution("conv2", 8, 3, bias: false).BatchNormalization("bn2"),
                activation: Activation.Relu);
        }

        return network.GlobalAveragePool().Dense("fc", 10).Build("scores");
    }

    private static IEnumerable<(string Name, Func<ModelProto> Model, long[] Shape, bool Weights, bool Training)> Subjects(string? models)
    {
        long[] image = [Batch, 3, Resolution, Resolution];
        yield return ("ResNet-18, by the input", () => Architectures.ResNet18(), image, false, false);
        yield return ("ResNet-18, by all weights, training", () => Architectures.ResNet18(), image, true, true);
        yield return ("MobileNetV2, by the input", () => Architectures.MobileNetV2(), image, false, false);
        yield return ("MobileNetV2, by all weights, training", () => Architectures.MobileNetV2(), image, true, true);
        yield return (Judged[2], () => Architectures.Convolutional([3, 32, 32], [16, 32, 64], 10, BlockKind.Residual), [Batch, 3, 32, 32], false, false);
        yield return ("LeNet-size, batch 32, by all weights, training", () => Architectures.Convolutional([1, 28, 28], [16, 32], 10), [32, 1, 28, 28], true, true);
        if (models is null)
            yield break;
        ModelProto Read(string file) => GraphSurgery.Parse(File.ReadAllBytes(Path.Combine(models, file)));
        yield return (Judged[0], () => Read("FastestDet.onnx"), [1, 3, 352, 352], false, false);
        yield return ("FastestDet, by input and all weights", () => Read("FastestDet.onnx"), [1, 3, 352, 352], true, false);
        yield return (Judged[1], () => Read("yunet_n_320_320.onnx"), [1, 3, 320, 320], false, false);
        yield return ("RFB-320, by the input", () => Read("version-RFB-320.onnx"), [1, 3, 240, 320], false, false);
    }

    private double Measure(ResultTable table, string name, GradientSubject subject, bool training, int turns)
    {
        var (mine, forward, theirs, ratios) = (new Sample(), new Sample(), new Sample(), new Sample());
        var place = Directory.CreateDirectory(Path.Combine(folder, "torch"));
        try
        {
            using var whole = new BoundSubject(subject.Model.Model, subject.Inputs, subject.Model.GradOutputs, Threads);
            using var alone = new BoundSubject(subject.Forward, subject.Inputs, null, Threads);
            using var torch = TorchGraph.Python is null ? null : new PythonTurns(subject.ForTorch(place.FullName).Arguments(Threads, training));
            var times = (int)Math.Max(1, Math.Ceiling(LeastTurn / whole.Turn()));
            torch?.Turn();
            for (var turn = 0; turn < turns; turn++)
            {
                mine.Add(Settled(whole.Turn));
                if (torch is not null)
                {
                    theirs.Add(Settled(torch.Turn));
                    ratios.Add(mine.Values[^1] / theirs.Values[^1]);
                }

                forward.Add(Settled(alone.Turn));
            }

            double Settled(Func<int, double> turn)
            {
                // Threads of the turn before spin for a while.
                Thread.Sleep(Pause);
                return turn(times);
            }
        }
        finally
        {
            place.Delete(recursive: true);
        }

        table.Add(name, "ms", mine, theirs.Count == 0 ? "" : ResultTable.Turns(ratios, "PyTorch"));
        table.Add("  forward alone", "ms", forward, string.Create(CultureInfo.InvariantCulture, $"backward/forward {mine.Median / forward.Median - 1:0.0}"));
        if (theirs.Count > 0)
            table.Add("  PyTorch", "ms", theirs);
        return mine.Median / forward.Median;
    }
}
