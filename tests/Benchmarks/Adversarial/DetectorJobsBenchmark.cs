using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>
/// FastestDet attacked over HTTP, and the samples transferred to an int8-quantised and to a differently trained copy; the memory of the app over repeated
/// jobs. Clean detections serve as truth.
/// </summary>
internal sealed class DetectorJobsBenchmark(string data, string folder, DirectoryInfo? reports, TextWriter output)
{
    private const int Count = 50;
    private const int Repeats = 10;

    /// <summary>Measures and writes the table.</summary>
    /// <returns>Whether every bar is met.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(Path.Combine(folder, "adversarial"), 0), ct);
        using var api = new ApiClient(stack.Url);
        var names = await PutModelsAsync(api, ct);
        await api.SendBytesAsync(HttpMethod.Put, "api/datasets/photos", PhotoSet.Zip(PhotoSet.Pictures(data, Count)), "application/zip", null, ct);
        await api.SendBytesAsync(HttpMethod.Put, "api/datasets/people", PhotoSet.AnnotatedZip(data, Count), "application/zip", null, ct);
        var met = await AnnotatedAsync(api, names[0], ct);

        var created = await JobAsync(api, Create(names[0], 1), ct);
        output.WriteLine($"FastestDet over HTTP, {Count} pictures, the clean detections as truth: made on {names[0]}");
        met &= Bar("PGD-10 ε 8/255 lowers mAP by >= 40 %", Figure(created, "map_drop"), atLeast: .4);
        output.WriteLine($"  edges of the ball (±8/255) lower mAP by {Figure(created, "map_drop_noise"):P1}");
        var samples = (string)created["id"]!;
        foreach (var name in names)
        {
            var request = new JsonObject
            {
                ["mode"] = "transfer", ["task"] = "detection", ["samples"] = samples, ["targets"] = new JsonArray(Reference(name)), ["metrics"] = Metrics(),
            };
            var job = await JobAsync(api, request, ct);
            var (vanished, mislabelled) = (Figure(job, "vanishing_rate"), Figure(job, "mislabel_rate"));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  on {name,-18} mAP clean {Figure(job, "map_clean"):0.000}, attacked {Figure(job, "map_adversarial"):0.000}, "
                + $"drop {Figure(job, "map_drop"):P1}; vanished {vanished:P0}, mislabelled {mislabelled:P0}"));
        }

        var matrix = await JobAsync(api, Matrix(names), ct);
        output.WriteLine($"  matrix of {names.Length} x {names.Length}: mean transfer {Figure(matrix, "transfer_mean"):P1}");
        if (reports is not null)
        {
            await ReportAsync(api, created, "create", ct);
            await ReportAsync(api, matrix, "matrix", ct);
        }

        return met & await MemoryAsync(stack, api, names[0], ct);
    }

    // The people of four photos are annotated; what else is there is not asked for.
    private async Task<bool> AnnotatedAsync(ApiClient api, string name, CancellationToken ct)
    {
        var job = await JobAsync(api, Create(name, 1, "people"), ct);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"FastestDet over HTTP, {Count} pictures of annotated people: mAP clean {Figure(job, "map_clean"):0.000}, attacked {Figure(job, "map_adversarial"):0.000}"));
        return Bar("PGD-10 ε 8/255 lowers mAP by >= 40 %", Figure(job, "map_drop"), atLeast: .4)
            & Bar("random noise of ±8/255 by < 10 %", Figure(job, "map_drop_noise"), atMost: .1);
    }

    private async Task<bool> MemoryAsync(LocalStack stack, ApiClient api, string name, CancellationToken ct)
    {
        var sizes = new List<double>();
        for (var n = 0; n < Repeats; n++)
        {
            var request = Create(name, seed: 10 + n);
            request["dataset"] = new JsonObject { ["uri"] = "photos", ["sample"] = 12 };
            await JobAsync(api, request, ct);
            sizes.Add(WorkingSet(stack));
        }

        var mebibytes = sizes.Select(s => (s / (1 << 20)).ToString("0", CultureInfo.InvariantCulture));
        output.WriteLine($"  working set after each of {Repeats} jobs, MiB: {string.Join(' ', mebibytes)}");
        return Bar("the last half of them over the first half", sizes[(Repeats / 2)..].Average() / sizes[..(Repeats / 2)].Average(), atMost: 1.15);
    }

    private async Task<string[]> PutModelsAsync(ApiClient api, CancellationToken ct)
    {
        var teacher = GraphSurgery.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "models", "FastestDet.onnx"), ct));
        var dims = teacher.Graph.Input[0].Type.TensorType.Shape.Dim;
        var sample = DetectorBenchmark.Sample(PhotoSet.Pictures(data, 1).First(), teacher.Graph.Input[0].Name, (int)dims[2].DimValue, (int)dims[3].DimValue);
        (string Name, ModelProto Model)[] models =
            [("fastestdet", teacher), ("fastestdet-int8", Quantised.Qdq(teacher, sample)), ("fastestdet-other", DistilledDetector.Of(teacher, data, ct))];
        foreach (var (name, model) in models)
            await api.SendBytesAsync(HttpMethod.Put, $"api/models/{name}/versions", GraphSurgery.Serialize(model), "application/octet-stream", null, ct);
        return [.. models.Select(m => m.Name)];
    }

    private static JsonObject Reference(string name) => new()
    {
        ["uri"] = $"models/{name}/1", ["family"] = "fastestdet", ["classes"] = "coco80",
        ["preprocess"] = new JsonObject { ["color"] = "bgr", ["resize"] = "stretch" },
    };

    private static JsonObject Attack() => new() { ["name"] = "pgd", ["eps"] = "8/255", ["eps_step"] = "2/255", ["max_iter"] = 10 };

    private static JsonObject Metrics() => new() { ["truth"] = 0.4 };

    private static JsonObject Create(string name, long seed, string dataset = "photos") => new()
    {
        ["mode"] = "create", ["task"] = "detection", ["seed"] = seed, ["base_model"] = Reference(name), ["dataset"] = dataset, ["attack"] = Attack(),
        ["metrics"] = Metrics(),
    };

    private static JsonObject Matrix(IEnumerable<string> names) => new()
    {
        ["mode"] = "matrix", ["task"] = "detection", ["dataset"] = new JsonObject { ["uri"] = "photos", ["sample"] = 20 }, ["attack"] = Attack(),
        ["targets"] = new JsonArray([.. names.Select(n => (JsonNode)Reference(n))]), ["metrics"] = Metrics(),
    };

    private static async Task<JsonNode> JobAsync(ApiClient api, JsonObject request, CancellationToken ct)
    {
        var id = (string)(await api.SendJsonAsync(HttpMethod.Post, "api/jobs/adversarial", request, null, ct)).Body!["id"]!;
        while (true)
        {
            var job = await api.GetAsync($"api/jobs/{id}", ct);
            if ((string?)job["status"] is not ("pending" or "running"))
                return (string?)job["status"] == "completed" ? job : throw new StackException($"job {id}: {job["error"]?.ToJsonString()}");
            await Task.Delay(200, ct);
        }
    }

    private async Task ReportAsync(ApiClient api, JsonNode job, string name, CancellationToken ct)
    {
        reports!.Create();
        foreach (var format in new[] { "html", "pdf" })
        {
            if (await api.DownloadAsync($"api/jobs/{(string)job["id"]!}/report.{format}", ct) is { } bytes)
                await File.WriteAllBytesAsync(Path.Combine(reports.FullName, $"{name}.{format}"), bytes, ct);
        }
    }

    private static double Figure(JsonNode job, string name) => job["metrics"]![name] is { } value ? (double)value : double.NaN;

    private static double WorkingSet(LocalStack stack)
    {
        using var process = Process.GetProcessById(stack.AppProcessId);
        return process.WorkingSet64;
    }

    private bool Bar(string name, double value, double atLeast = double.NegativeInfinity, double atMost = double.PositiveInfinity)
    {
        var met = value >= atLeast && value <= atMost;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(met ? "met   " : "MISSED")} {name}: {value:0.####}"));
        return met;
    }
}
