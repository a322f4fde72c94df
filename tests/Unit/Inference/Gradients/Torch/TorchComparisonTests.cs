using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using Iml4e.Benchmarks.Gradients;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Inference.Gradients.Torch;

/// <summary>Gradients of whole networks, of the input and of every weight, against PyTorch's.</summary>
public sealed class TorchComparisonTests(ITestOutputHelper log)
{
    private const double Tolerance = 1e-5;

    // Single precision cancels where the gradient is next to nothing.
    private const double Negligible = 1e-4;

    // A bias before a normalisation has none at all: what is left is rounding.
    private const double Nothing = 1e-6;

    private static string Folder
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                var place = Path.Combine(folder.FullName, "tests", "Unit", "Inference", "Gradients", "Torch");
                if (File.Exists(Path.Combine(place, "networks.py")))
                    return place;
            }

            throw new FileNotFoundException("networks.py is not in the repository");
        }
    }

    [Fact]
    public void Gradients_of_networks_are_those_of_PyTorch() => CompareAll(Path.Combine(Folder, "networks.zip"));

    [TorchFact]
    public void Gradients_of_networks_are_those_of_the_PyTorch_that_is_here()
    {
        var folder = Directory.CreateTempSubdirectory("torch-networks");
        try
        {
            var fresh = Path.Combine(folder.FullName, "networks.zip");
            Export(fresh);
            CompareAll(fresh);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private void CompareAll(string file)
    {
        using var archive = ZipFile.OpenRead(file);
        var networks = archive.Entries.Where(e => e.Name.EndsWith(".onnx", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, networks.Count);
        foreach (var network in networks)
            Compare(network.Name, Read(network), Read(archive.GetEntry(Path.ChangeExtension(network.Name, ".json"))!));
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var result = new MemoryStream();
        stream.CopyTo(result);
        return result.ToArray();
    }

    private void Compare(string name, byte[] onnx, byte[] json)
    {
        using var golden = JsonDocument.Parse(json);
        var expected = golden.RootElement.GetProperty("gradients").EnumerateObject().ToDictionary(g => g.Name, g => Numbers(g.Value), StringComparer.Ordinal);
        var x = Tensor.FromFloats(
            "x", Array.ConvertAll(Numbers(golden.RootElement.GetProperty("x")), v => (float)v),
            [.. Numbers(golden.RootElement.GetProperty("shape")).Select(d => (long)d)]);
        var forward = GraphSurgery.Parse(onnx);
        using var plain = ModelSession.Load(forward);
        var y = plain.Run([x], ["y"])[0];
        var stored = forward.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        string[] wrt = [.. expected.Keys.Where(k => k == "x" || stored.Contains(k))];
        var model = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = wrt, KeepTied = wrt });
        using var session = ModelSession.Load(model.Model);
        var gradients = session.Run([x, y.WithName("dY_y")], model.GradOutputs);
        var largest = expected.Values.Max(g => g.Max(Math.Abs));
        var worst = 0.0;
        for (var i = 0; i < wrt.Length; i++)
        {
            var (mine, theirs) = (gradients[i].ToDoubles(), expected[wrt[i]]);
            if (Math.Max(mine.Max(Math.Abs), theirs.Max(Math.Abs)) <= Nothing * largest)
                continue;
            var scale = Math.Max(theirs.Max(Math.Abs), Negligible * largest);
            var error = mine.Zip(theirs, (a, b) => Math.Abs(a - b)).Max() / scale;
            worst = Math.Max(worst, error);
            Assert.True(error <= Tolerance, $"{name}, {wrt[i]}: relative error {error:G3}");
        }

        Assert.True(wrt.Length >= expected.Count - 1, $"{name}: the file has {wrt.Length} of {expected.Count} parameters");
        log.WriteLine($"{name}: {wrt.Length} gradients, largest relative error {worst:G3}, {model.Model.Graph.Node.Count} nodes");
    }

    private static void Export(string file)
    {
        string[] arguments = [Path.Combine(Folder, "networks.py"), file];
        var start = new ProcessStartInfo(TorchGraph.Python!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var python = Process.Start(start)!;
        var output = python.StandardOutput.ReadToEndAsync();
        var errors = python.StandardError.ReadToEnd();
        Assert.True(python.WaitForExit(TimeSpan.FromMinutes(5)), "PyTorch did not end");
        Assert.True(python.ExitCode == 0, errors + output.Result);
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];
}
