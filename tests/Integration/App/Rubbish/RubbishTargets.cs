using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference.Images;
using Iml4e.Tests.Integration.Durable;
using Iml4e.Tests.Integration.LocalRuntime;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Iml4e.Tests.Unit.Assessment;

namespace Iml4e.Tests.Integration.App.Rubbish;

/// <summary>What the rubbish is thrown at: every address of the app, and things of each kind that are there.</summary>
public sealed partial class RubbishTargets(AppStack app) : IAsyncLifetime
{
    // What is there and nothing tells of, and what is not there.
    private static readonly (string Verb, string Path)[] Others =
    [
        ("GET", "/nothing/{name}"), ("GET", "/runtime/{name}"), ("POST", "/runtime/webhooks/{name}"), ("GET", "/admin/{name}"), ("GET", "/admin/host/{name}"),
        ("GET", "/{name}"), ("GET", "/api/{name}"), ("GET", "/v2/{name}/{id}"), ("GET", "/ui/{path}"),
        ("POST", "/v2/repository/models/rubbish-none/unload"), ("PUT", "/v2/{name}"),
    ];

    /// <summary>All operations: those of the contract, the management and admin routes, and some that are not there.</summary>
    internal IReadOnlyList<(string Verb, string Path)> Operations { get; private set; } = [];

    /// <summary>Names that exist, by path parameter.</summary>
    internal IReadOnlyDictionary<string, string[]> Known { get; private set; } = new Dictionary<string, string[]>();

    /// <summary>Documents to damage, with where they go.</summary>
    internal (string Verb, string Path, string Template, string Json, string? Yaml)[] Documents { get; private set; } = [];

    internal string Model { get; } = AppStack.Unique("rubbish");

    internal string Inference { get; private set; } = "";

    internal byte[] Onnx { get; private set; } = [];

    internal byte[] Csv { get; } = MadeData.Regression(120, 31);

    internal string FaceDetector { get; } = AppStack.Unique("rubbish-faces");

    internal byte[] Images { get; private set; } = [];

    internal long WorkingSetCold { get; private set; }

    internal long WorkingSetBefore { get; private set; }

    public async Task InitializeAsync()
    {
        await app.PutDatasetAsync(Model, MadeData.Regression(300, 32));
        await app.CreatePipelineAsync(Model, document => document["evaluate"]!["accept"] = "mae < champion.mae * 0.001");
        await app.RetrainAsync(Model, "first");
        // Not among the known names, so that no rubbish deletes it.
        var loop = Model + "-loop";
        await app.CreatePipelineAsync(loop, document =>
        {
            document["data"]!["dataset"] = Model;
            document["evaluate"]!["accept"] = "mae < champion.mae * 0.001";
        });
        var train = new JsonObject { ["dataset"] = Model, ["task"] = "regression", ["label"] = "y", ["trainer"] = "linear", ["accept"] = "mae < 1", ["holdout"] = 0.2, ["seed"] = 1 };
        var job = await app.RunJobAsync("train", train);
        Onnx = await app.ReadArtefactAsync(job["outputs"]!.AsArray().Single(o => o!["role"]!.GetValue<string>() == "model")!["digest"]!.GetValue<string>());
        (await app.SendAsync(HttpMethod.Put, $"api/models/{FaceDetector}/versions", AppStack.Bytes(FaceScene.Detector(), "application/octet-stream"))).Expect(HttpStatusCode.Created);
        using (var codec = new ImageCodec())
        {
            var (png, jpeg) = (codec.EncodePng(FaceScene.Stripes()), codec.EncodeJpeg(FaceScene.Stripes()));
            Images = Zips.Of(("a.png", png), ("b.jpg", jpeg), ("labels.csv", "file,label\na.png,1\n"u8.ToArray()));
        }

        Inference = """
            {"id":"r","parameters":{"nested":true,"timings":true},"inputs":[
            {"name":"a","datatype":"FP32","shape":[2,1],"data":[1.5,2]},{"name":"b","datatype":"FP32","shape":[2,1],"data":[[1],[2]]},
            {"name":"kind","datatype":"BYTES","shape":[2,1],"parameters":{"content_type":"text"},"data":["hot","cold"]}],"outputs":[{"name":"prediction","parameters":{"binary_data":false}}]}
            """;
        var answer = await app.SendAsync(HttpMethod.Post, $"v2/models/{Model}/infer", new StringContent(Inference, Encoding.UTF8, "application/json"));
        var prediction = answer.Expect(HttpStatusCode.OK)["parameters"]!["prediction_id"]!.GetValue<string>();
        var id = job["id"]!.GetValue<string>();
        Known = new Dictionary<string, string[]>
        {
            ["name"] = [Model, "rubbish-none", "StopRequested"], ["runId"] = [id, "rubbish-none"], ["attempt"] = ["1", "0", "99999999999"], ["model"] = [Model], ["version"] = ["1", "2", "champion"], ["kind"] = ["train", "evaluate", "verify", "adversarial", "pose-validate", "compress"],
            ["id"] = [id, prediction, $"job-{id}", "retrain-" + Model, "rubbish-none", $"{Model}-1"], ["key"] = ["a", "counter"], ["eventName"] = ["x", "StopRequested"], ["sequence"] = ["0", "1", "-1", "99999999999"], ["file"] = ["viewer.js", "index.html"],
            ["path"] = ["index.html", "app.js", "lib/uPlot.iife.min.js", "../app.js"],
            ["function"] = ["JobOrchestrator", "RetrainOrchestrator", "ExperimentOrchestrator", "TriggerWatch", "FeedbackWatch", "DatasetInbox", "AdversarialRequests", "PredictionInbox", "ListModels", "PlanJob", "Nothing"],
        };
        var contract = (await app.GetAsync("api/openapi.json")).Expect(HttpStatusCode.OK)["paths"]!.AsObject();
        var functions = (await app.GetAsync("admin/functions")).Expect(HttpStatusCode.OK).AsArray();
        // Not the one that takes the known model out of service: what follows would be answered with 503, as it should be.
        Operations =
        [
            .. contract.SelectMany(p => p.Value!.AsObject().Select(o => (o.Key.ToUpperInvariant(), p.Key)))
                .Concat(functions.SelectMany(f => OperationsOf(f!))).Concat(await HostOperationsAsync()).Distinct()
                .Where(o => o.Item2 != "/v2/repository/models/{model}/unload"), .. Others,
        ];
        Assert.True(Operations.Count > 80, $"only {Operations.Count} operations");
        Assert.Contains(("DELETE", "/runtime/webhooks/durabletask/entities/{name}/{key}"), Operations);
        Assert.Contains(("POST", "/runtime/webhooks/blobs"), Operations);
        Assert.Contains(("POST", "/admin/functions/{name}"), Operations);

        var pipeline = AppPipelines.Document("rubbish-pipe");
        var evaluate = new JsonObject { ["model"] = Model, ["version"] = "1", ["dataset"] = Model, ["datasetVersion"] = "1", ["label"] = "y", ["task"] = "regression", ["accept"] = "mae < 1", ["newestPart"] = true };
        Documents =
        [
            ("PUT", "/api/pipelines/rubbish-pipe", "/api/pipelines/{name}", pipeline.ToJsonString(), PipelineYaml),
            ("PUT", "/api/job-schedules/rubbish-night", "/api/job-schedules/{name}", $$$"""{"cron":"0 30 2 * * *","kind":"verify","enabled":false,"request":{"scope":["models"],"accept":"faults == 0"}}""", "cron: \"0 3 * * *\"\nkind: verify\nrequest: { scope: [audit] }\n"),
            ("POST", "/api/jobs/train", "/api/jobs/{kind}", train.ToJsonString(), "dataset: " + Model + "\ntask: regression\nlabel: y\ntrainer: linear\nfeatures: [a, b]\nlags: [{column: a, lags: [1]}]\n"),
            ("POST", "/api/jobs/evaluate", "/api/jobs/{kind}", evaluate.ToJsonString(), null),
            ("POST", "/api/jobs/verify", "/api/jobs/{kind}", """{"scope":["models","audit"],"accept":"faults == 0"}""", "scope: [models]\naccept: digest_faults < 1\n"),
            ("POST", "/api/jobs/adversarial", "/api/jobs/{kind}", $$$"""{"model":"{{{Model}}}","version":"1","dataset":{"uri":"{{{Model}}}","sample":3,"sampling":"first"},"label":"y","attack":{"name":"pgd","eps":"8/255","epsilons":[0.1,"1/2"],"max_iter":2},"gate":{"minRobustAccuracy":{"8/255":0.5}},"accept":"robust_accuracy > 0"}""", "mode: transfer\ntask: detection\nsamples: adversarial/rubbish-none/manifest.json\ntargets: [{uri: models/x, family: yolov5, preprocess: {mean: [0]}}]\n"),
            ("POST", "/api/jobs/pose-validate", "/api/jobs/{kind}", $$$"""{"dataset":{"uri":"{{{Model}}}","annotations":"gt.json"},"predictions":"rubbish-none","skeleton":{"name":"x","keypoints":["a","b"],"sigmas":[0.1,0.2],"flipPairs":[[0,1]]},"analysis":"compat","norm":"box","compare":{"predictions":"rubbish-none","title":"t"},"accept":"ap >= 0"}""", "dataset: rubbish-none\nmodel: x\npose: { head: heatMap, input: [64, 48], flipTest: true, preprocess: { mean: [0] } }\n"),
            ("POST", "/api/jobs/detection-validate", "/api/jobs/{kind}", $$$"""{"dataset":"{{{Model}}}","model":"{{{Model}}}","version":"1","detector":{"family":"yolov8","classes":["a"],"classMap":{"0":1},"metrics":{"conf":0.1}},"skipInvalid":true}""", null),
            ("PUT", $"/api/datasets/{Model}/predictions/rubbish", "/api/datasets/{dataset}/predictions/{name}", """[{"image_id":1,"category_id":1,"score":0.5,"bbox":[0,0,1,1],"keypoints":[1,2,3]}]""", null),
            ("POST", $"/api/models/{Model}/promote", "/api/models/{name}/promote", """{"version":"1","reason":"none"}""", "version: \"1\"\nreason: none\n"),
            ("POST", $"/api/models/{Model}/gradient-check", "/api/models/{name}/gradient-check", """{"version":"1","wrt":["a"],"outputs":["prediction"],"shapes":{"a":[2,1]},"seed":2,"directions":1}""", "version: \"1\"\ndirections: 2\n"),
            ("POST", $"/api/models/{Model}/rollback", "/api/models/{name}/rollback", """{"reason":"none"}""", null),
            ("POST", $"/api/pipelines/{loop}/runs", "/api/pipelines/{name}/runs", """{"reason":"none"}""", "reason: none\n"),
            ("POST", "/api/feedback", "/api/feedback", $$"""[{"predictionId":"{{prediction}}","value":[1.5,"2"],"observedAt":"2024-01-01T00:00:00Z","revision":2},{"predictionId":"{{prediction}}","value":3}]""", null),
            ("POST", "/api/experiments", "/api/experiments", $$$$"""{"model":"{{{{Model}}}}","challenger":"2","experiment":{"mode":"ctcde","ctcde":{"objectives":[{"metric":"errorRate","upperLimit":1}]},"primary":{"name":"absError","aggregate":"unitMean"},"stages":[0.1,0.5],"guardrails":[{"name":"errors","event":"status >= 500"}]},"plan":{"effect":0.1,"baseline":1}}""", null),
            ("POST", "/api/webhooks/repository", "/api/webhooks/repository", """{"ref":"refs/heads/main","repository":{"pushed_at":1},"commits":[{"added":["a"]}]}""", null),
            ("POST", $"/api/trainings/{id}/1/heartbeat", "/api/trainings/{runId}/{attempt}/heartbeat", """{"progress":0.5,"message":"half way"}""", null),
            ("POST", $"/api/experiments/{Model}-1/stop", "/api/experiments/{id}/stop", """{"reason":"none"}""", null),
            ("POST", "/runtime/webhooks/durabletask/orchestrators/JobOrchestrator", "/runtime/webhooks/durabletask/orchestrators/{function}", """{"jobId":"rubbish","kind":"train","requestDigest":"sha256:00"}""", null),
            ("POST", $"/runtime/webhooks/durabletask/instances/job-{id}/raiseEvent/x", "/runtime/webhooks/durabletask/instances/{id}/raiseEvent/{name}", """{"a":[1,"b",null]}""", null),
            ("POST", "/admin/functions/DatasetInbox", "/admin/functions/{function}", """{"input":"inbox/datasets/x/y.csv"}""", null),
        ];

        // Everything has run once, so that what the process holds by then is not taken for growth.
        foreach (var (verb, path) in Operations.Where(o => o.Verb == "GET" && !o.Path.Contains('{', StringComparison.Ordinal)))
            Assert.True((int)(await app.GetAsync(path.TrimStart('/'))).Status < 500, $"{verb} {path}");
        var cold = app.WorkingSet();
        var warming = RubbishGen.Damaged(Onnx).Select(b => new RawRequest("PUT", "/api/models/rubbish-warm/versions", [], b)).Sample(150, new Rnd(6), 50)
            .Concat(RubbishGen.CsvFrom(Csv).Select(b => new RawRequest("PUT", "/api/datasets/rubbish-warm", [], b)).Sample(150, new Rnd(7), 50))
            .Append(new RawRequest("PUT", "/api/datasets/rubbish-warm", [], RubbishGen.Bomb(64)));
        foreach (var request in warming)
            Assert.InRange((await RawHttp.SendAsync(app.Url, request)).Status, 200, 499);
        WorkingSetCold = cold;
        WorkingSetBefore = app.WorkingSet();
    }

    // An HTTP function as the host tells of it: its address, and the verbs of its trigger.
    private static IEnumerable<(string Verb, string Path)> OperationsOf(JsonNode function)
    {
        if (function["invokeUrlTemplate"]?.GetValue<string>() is not { } address)
            return [];
        var trigger = function["bindings"]!.AsArray().First(b => b!["type"]!.GetValue<string>() == "httpTrigger")!;
        var path = address[address.IndexOf('/', address.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var verbs = trigger["methods"]?.AsArray().Select(m => m!.GetValue<string>().ToUpperInvariant()).ToArray();
        return (verbs is { Length: > 0 } ? verbs : ["GET", "POST"]).Select(v => (v, Plain(path)));
    }

    // What the runtime itself answers, from the routes of a host of the same make.
    private static async Task<IReadOnlyList<(string Verb, string Path)>> HostOperationsAsync()
    {
        await using var host = await FunctionApp.StartAsync([typeof(DurableFunctions)]);
        return
        [
            .. host.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                .Where(e => e.RoutePattern.RawText!.TrimStart('/') is var path && (path.StartsWith("runtime/", StringComparison.Ordinal) || path.StartsWith("admin/", StringComparison.Ordinal)))
                .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(verb => (verb, Plain("/" + e.RoutePattern.RawText!.Trim('/'))))),
        ];
    }

    // {sequence:int:min(0)} and {id?} as {sequence} and {id}.
    private static string Plain(string template) => Parameter().Replace(template, "{$1}");

    [GeneratedRegex(@"\{\**(\w+)[^{}]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    public async Task DisposeAsync()
    {
        // Pipelines that came through must not go on working beside other tests.
        foreach (var pipeline in (await app.GetAsync("api/pipelines")).Expect(HttpStatusCode.OK)["pipelines"]!.AsArray())
        {
            var name = pipeline!["name"]!.GetValue<string>();
            if (name.StartsWith("rubbish", StringComparison.Ordinal))
                await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{name}");
        }

        foreach (var schedule in (await app.GetAsync("api/job-schedules")).Expect(HttpStatusCode.OK)["schedules"]!.AsArray())
            await app.SendAsync(HttpMethod.Delete, $"api/job-schedules/{schedule!["name"]}");
    }

    private const string PipelineYaml = """
        # A pipeline.
        name: rubbish-pipe
        project: rubbish
        task: regression
        tags: { a: "b" }
        data: { dataset: rubbish-none, label: y, time: at, features: [a, b], lags: [{ column: a, lags: [1, 2] }] }
        train: { trainer: boosted-trees, parameters: { rounds: 5 }, window: 500, schedule: "0 0 2 * * *", triggers: [schedule, data], cooldown: 1h }
        evaluate: { holdout: 0.2, metric: mae, accept: "mae <= champion.mae" }
        experiment:
          stages: [0.1, 0.5]
          primary: { name: absError, type: continuous, direction: lower }
          guardrails:
            - { name: errors, event: "status >= 500" }
        monitor: { window: 100, high: 1.5, low: 1.2 }

        """;
}
