using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Gradients;

/// <summary>Hands an ONNX graph to PyTorch, which runs it forward and backward operator by operator (torch_graph.py), and reads what comes back.</summary>
internal sealed class TorchGraph
{
    // Debian's packages belong to its own Python, which need not be the first on the path.
    private static readonly Lazy<string?> Found = new(() => Array.Find(["python3", "/usr/bin/python3"], HasTorch));

    private readonly string _folder;
    private readonly long[] _counts;

    private TorchGraph(string folder, long[] counts) => (_folder, _counts) = (folder, counts);

    /// <summary>The Python that has PyTorch; null if none has.</summary>
    internal static string? Python => Found.Value;

    /// <summary>Writes a graph for PyTorch.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="forward">The graph; shapes of values must not depend on data.</param>
    /// <param name="values">Inputs and the seeds <c>dY_&lt;output&gt;</c> of the outputs.</param>
    /// <param name="wrt">Inputs and initialisers to differentiate for.</param>
    internal static TorchGraph Write(string folder, ModelProto forward, IReadOnlyList<Tensor> values, IReadOnlyList<string> wrt)
    {
        var tensors = forward.Graph.Initializer.Select(TensorProtos.Read).Concat(values).ToList();
        using (var data = File.Create(Path.Combine(folder, "data.bin")))
        {
            var table = new JsonArray();
            foreach (var tensor in tensors)
            {
                // Of an empty tensor nothing is read, from wherever.
                data.Position += -data.Position & 7;
                table.Add(new JsonObject
                {
                    ["name"] = tensor.Name, ["type"] = tensor.Datatype.ToWire(), ["shape"] = Longs(tensor.Shape), ["count"] = tensor.ElementCount, ["offset"] = data.Position,
                });
                data.Write(tensor.Data.Span);
            }

            var graph = new JsonObject
            {
                ["nodes"] = new JsonArray([.. forward.Graph.Node.Select(Node)]), ["outputs"] = Texts(forward.Graph.Output.Select(o => o.Name)),
                ["wrt"] = Texts(wrt), ["tensors"] = table,
            };
            File.WriteAllText(Path.Combine(folder, "graph.json"), graph.ToJsonString());
        }

        var counts = tensors.ToDictionary(t => t.Name, t => t.ElementCount, StringComparer.Ordinal);
        return new TorchGraph(folder, [.. wrt.Select(w => counts[w])]);
    }

    /// <summary>What the script that runs it takes.</summary>
    /// <param name="threads">Threads of PyTorch.</param>
    /// <param name="training">Whether batch normalisation uses the batch's statistics.</param>
    internal string[] Arguments(int threads = 2, bool training = false) =>
        [Script("torch_graph.py"), _folder, "--threads", threads.ToString(CultureInfo.InvariantCulture), .. training ? ["--training"] : Array.Empty<string>()];

    /// <summary>Runs it once.</summary>
    /// <param name="training">Whether batch normalisation uses the batch's statistics.</param>
    /// <returns>The gradients, in the order asked for.</returns>
    /// <exception cref="InvalidOperationException">Python ended with an error.</exception>
    internal float[][] Run(bool training = false)
    {
        using var python = Process.Start(new ProcessStartInfo(Python!, Arguments(training: training)) { RedirectStandardError = true })!;
        var errors = python.StandardError.ReadToEnd();
        python.WaitForExit();
        if (python.ExitCode != 0)
            throw new InvalidOperationException("PyTorch failed: " + errors);
        var gradients = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(_folder, "gradients.bin")));
        var (each, at) = (new float[_counts.Length][], 0);
        for (var i = 0; i < each.Length; i++, at += (int)_counts[i - 1])
            each[i] = gradients.Slice(at, (int)_counts[i]).ToArray();
        return each;
    }

    private static JsonNode Node(NodeProto node)
    {
        var attributes = new JsonObject();
        foreach (var attribute in node.Attribute)
        {
            attributes[attribute.Name] = attribute.Type switch
            {
                AttributeProto.Types.AttributeType.Int => attribute.I,
                AttributeProto.Types.AttributeType.Float => attribute.F,
                AttributeProto.Types.AttributeType.String => attribute.S.ToStringUtf8(),
                AttributeProto.Types.AttributeType.Ints => Longs(attribute.Ints),
                AttributeProto.Types.AttributeType.Floats => new JsonArray([.. attribute.Floats.Select(f => (JsonNode)f)]),
                _ => throw new InvalidOperationException($"attribute '{attribute.Name}' of {node.OpType} is {attribute.Type}"),
            };
        }

        return new JsonObject { ["op"] = node.OpType, ["in"] = Texts(node.Input), ["out"] = Texts(node.Output), ["attributes"] = attributes };
    }

    private static JsonArray Longs(IEnumerable<long> values) => [.. values.Select(v => (JsonNode)v)];

    private static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(v => (JsonNode)v)];

    private static bool HasTorch(string python)
    {
        try
        {
            // Importing it takes seconds; whether it is there can be told without.
            string[] arguments = ["-c", "import importlib.util,sys; sys.exit(importlib.util.find_spec('torch') is None)"];
            using var process = Process.Start(new ProcessStartInfo(python, arguments))!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>A script of the benchmarks.</summary>
    internal static string Script(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "tests", "Benchmarks", "Gradients", name);
            if (File.Exists(script))
                return script;
        }

        throw new FileNotFoundException($"{name} is not in the repository");
    }
}
