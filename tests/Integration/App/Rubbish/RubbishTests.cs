using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Iml4e.Tests.Integration.App.Rubbish;

/// <summary>
/// 5,300 generated requests that nobody should send, to every address of the app. None may be answered with a 5xx, none may learn anything of the inside, the
/// app must live on and its memory must not grow. The seed of each test is fixed and printed with the request that fails, made as small as it still fails.
/// IML4E_RUBBISH asks for another number of requests, IML4E_RUBBISH_SEED for others: <c>./iml4e bench rubbish</c>.
/// </summary>
[Collection(AttackedAppCollection.Name)]
public sealed partial class RubbishTests(AppStack app, RubbishTargets targets, ITestOutputHelper output) : IClassFixture<RubbishTargets>
{
    private const int Parallel = 8;
    private const int Usual = 5300;
    private static readonly double Scale = Setting("IML4E_RUBBISH", Usual) / (double)Usual;
    private static readonly int FirstSeed = Setting("IML4E_RUBBISH_SEED", 0);

    [Fact]
    public Task Names_verbs_queries_and_headers_on_every_address() => RunAsync(1, 1600, () =>
        from operation in Gen.Elements(targets.Operations.ToArray())
        from verb in RubbishGen.Verb(operation.Verb)
        from target in RubbishGen.Target(operation.Path, targets.Known)
        from headers in RubbishGen.Headers(null)
        from body in RubbishGen.Mixed((3, Gen.Constant<byte[]?>(null)), (1, RubbishGen.Noise(200).Select(b => (byte[]?)b)), (1, Gen.Constant<byte[]?>([])))
        select new RawRequest(verb, target, headers, body));

    [Fact]
    public async Task A_bad_name_stays_the_callers_mistake_after_the_code_was_compiled_anew()
    {
        // Hot methods are compiled a second time, with others inlined; what tells a caller's mistake from ours must not depend on that.
        foreach (var (verb, path) in new[] { ("PUT", "/api/pipelines/A"), ("PUT", "/api/datasets/A"), ("PUT", "/api/models/A/versions"), ("GET", "/api/models/A/audit"), ("GET", "/api/events?after=x") })
        {
            for (var i = 0; i < 300; i++)
                Assert.Equal(400, (await RawHttp.SendAsync(app.Url, new RawRequest(verb, path, [], "{}"u8.ToArray()))).Status);
        }

        foreach (var path in new[] { "/ui/", "/ui", "/ui//", "/ui/lib" })
            Assert.Equal(404, (await RawHttp.SendAsync(app.Url, new RawRequest("GET", path, [], null))).Status);
    }

    [Fact]
    public Task Documents_that_are_almost_right_or_not_at_all() => RunAsync(2, 1500, () =>
        from seed in Gen.Elements(targets.Documents)
        from path in RubbishGen.Mixed((9, Gen.Constant(seed.Path)), (1, RubbishGen.Target(seed.Template, targets.Known)))
        from yaml in seed.Yaml is null ? Gen.Constant(false) : Gen.Elements(true, false)
        from headers in RubbishGen.Headers(yaml ? "application/yaml" : "application/json")
        from body in yaml ? RubbishGen.YamlFrom(seed.Yaml!) : RubbishGen.JsonFrom(seed.Json)
        select new RawRequest(seed.Verb, path, headers, body));

    [Fact]
    public Task Inference_requests_that_do_not_fit() => RunAsync(3, 900, () =>
        from path in Gen.Elements($"/v2/models/{targets.Model}/infer", $"/v2/models/{targets.Model}/versions/1/infer")
        from headers in RubbishGen.Headers("application/json")
        from timeout in Gen.Elements<string?>(null, null, null, "NaN", "-5", "1e999", "0", "0x10", "100000", "")
        from body in RubbishGen.JsonFrom(targets.Inference)
        select new RawRequest("POST", path, timeout is null ? headers : [.. headers.Where(h => h.Name != "timeout-ms"), ("timeout-ms", timeout)], body));

    [Fact]
    public async Task Models_and_tables_that_are_damaged()
    {
        await RunAsync(4, 700, () => RubbishGen.Mixed(
            (4, from name in Gen.Elements("rubbish-onnx", "rubbish-onnx2")
                from query in Gen.Elements("", "?alias=none", "?task=regression", "?key=k")
                from headers in RubbishGen.Headers("application/octet-stream")
                from body in RubbishGen.Mixed((8, RubbishGen.Damaged(targets.Onnx)), (1, RubbishGen.Noise(3000)), (1, Gen.Constant(targets.Csv)))
                select new RawRequest("PUT", $"/api/models/{name}/versions{query}", headers, body)),
            (4, from query in Gen.Elements("", "?mode=append", "?file=..%2fx", "?file=%00", "?mode=both", "?file=a.csv")
                from headers in RubbishGen.Headers("text/csv")
                from body in RubbishGen.Mixed((8, RubbishGen.CsvFrom(targets.Csv)), (1, Gen.Constant(targets.Onnx)))
                select new RawRequest("PUT", $"/api/datasets/rubbish-csv{query}", headers, body)),
            (1, from model in Gen.Elements(targets.FaceDetector, targets.FaceDetector + "/1", targets.FaceDetector + "/", targets.Model, "rubbish-none", "..%2fx", "%00", "")
                from family in Gen.Elements("yolov10", "yolov10", "ultraface", "yunet", "detr", "NaN", "", "%00")
                from method in Gen.Elements("", "&method=blur", "&method=pixelate", "&method=", "&method=%00")
                from headers in RubbishGen.Headers("application/zip")
                from body in RubbishGen.Mixed((8, RubbishGen.Damaged(targets.Images)), (2, Gen.Constant(targets.Images)), (1, RubbishGen.Noise(3000)), (1, Gen.Constant(targets.Csv)))
                select new RawRequest("PUT", $"/api/datasets/rubbish-faces?anonymise={model}&family={family}{method}", headers, body))));

        // A megabyte that unfolds to a gigabyte is refused, and so is one that is sent as anything else.
        var bomb = RubbishGen.Bomb(1024);
        Assert.InRange(bomb.Length, 500_000, 2_000_000);
        foreach (var path in new[] { "/api/datasets/rubbish-bomb", "/api/models/rubbish-bomb/versions", "/api/feedback" })
        {
            var answer = await RawHttp.SendAsync(app.Url, new RawRequest(path.Contains("feedback", StringComparison.Ordinal) ? "POST" : "PUT", path, [("Content-Type", "text/csv")], bomb));
            Assert.Equal(400, answer.Status);
        }

        CheckMemory();
    }

    [Fact]
    public Task Requests_that_are_no_http() => RunAsync(5, 300, () =>
        from operation in Gen.Elements(targets.Operations.ToArray())
        from target in RubbishGen.Target(operation.Path, targets.Known)
        from broken in Gen.Elements(
            new RawRequest(operation.Verb, "", [], null),
            new RawRequest("", target, [], null),
            new RawRequest(operation.Verb, target + " x", [], null),
            new RawRequest(operation.Verb, "http://elsewhere.test" + target, [], null),
            new RawRequest("CONNECT", target, [], null),
            new RawRequest(operation.Verb, target, [("Transfer-Encoding", "chunked")], "zz\r\n"u8.ToArray()),
            new RawRequest(operation.Verb, target, [("Transfer-Encoding", "gzip")], "x"u8.ToArray()),
            new RawRequest(operation.Verb, target, [("Bad Header", "x")], null),
            new RawRequest(operation.Verb, target, [("x-iml4e-unit", "a\0b")], null),
            new RawRequest(operation.Verb, target, [("Host", "a"), ("Host", "b")], null),
            new RawRequest(operation.Verb, target, [("Content-Type", "application/json")], "{}"u8.ToArray()) { ClaimedLength = "1000" },
            new RawRequest(operation.Verb, target, [("Content-Type", "application/json")], "{}"u8.ToArray()) { ClaimedLength = "-1" },
            new RawRequest(operation.Verb, target, [("Content-Type", "application/json")], "{}"u8.ToArray()) { ClaimedLength = "999999999999" },
            new RawRequest(operation.Verb, target, [("Content-Type", "application/json")], "{}"u8.ToArray()) { ClaimedLength = "500000000" },
            new RawRequest(operation.Verb, target, [("x-long", new string('x', 40_000))], null),
            new RawRequest(operation.Verb, target + new string('a', 9000), [], null))
        select broken, answerNeeded: false);

    [Fact]
    public Task Bodies_that_come_slowly_or_in_pieces_or_never_to_their_end() => RunAsync(6, 300, () =>
        from operation in Gen.Elements(targets.Operations.ToArray())
        from verb in Gen.Elements("POST", "PUT", operation.Verb)
        from target in RubbishGen.Target(operation.Path, targets.Known)
        from document in Gen.Elements(targets.Documents)
        from headers in RubbishGen.Headers("application/json")
        from body in RubbishGen.JsonFrom(document.Json)
        from pieces in Gen.Choose(1, 10)
        from request in Gen.Elements(
            new RawRequest(verb, target, headers, body) { Pieces = pieces },
            new RawRequest(document.Verb, document.Path, headers, body) { Pieces = pieces },
            Chunked(document.Verb, document.Path, headers, body, pieces, end: "0\r\n\r\n"),
            Chunked(document.Verb, document.Path, headers, body, pieces, end: ""),
            Chunked(verb, target, headers, body, pieces, end: "ffffffffffffffff\r\n"),
            Chunked(verb, target, headers, body, pieces, end: "-1\r\n\r\n"),
            Chunked(verb, target, headers, body, pieces, end: "0\r\nTrailer: \0\r\n\r\n"),
            new RawRequest(verb, target, [.. headers.Where(h => h.Name != "Content-Type"), ("Content-Type", "multipart/form-data; boundary=x")],
                [.. "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../../b\"\r\n\r\n"u8, .. body]) { Pieces = pieces },
            new RawRequest(verb, target, [.. headers, ("Expect", "100-continue")], body) { Pieces = pieces },
            new RawRequest(verb, target, headers, body) { NoLength = true, HangUp = true },
            new RawRequest(verb, target, headers, body.Length > 1 ? body[..(body.Length / 2)] : body) { ClaimedLength = FormattableString.Invariant($"{body.Length + 1}"), Pieces = pieces })
        select request, answerNeeded: false);

    [Fact]
    public async Task Instances_with_inputs_that_cannot_be_shown_as_json_are_listed_all_the_same()
    {
        string[] inputs = ["\"\ud800\"", "{\"\udfff\":1}", "{\"a\":1,\"a\":2}", new string('[', 62) + new string(']', 62)];
        foreach (var (i, input) in inputs.Index())
        {
            var answer = await RawHttp.SendAsync(
                app.Url, new RawRequest("POST", $"/runtime/webhooks/durabletask/orchestrators/JobOrchestrator/unshowable-{i}", [("Content-Type", "application/json")], Encoding.ASCII.GetBytes(input)));
            Assert.Equal(202, answer.Status);
        }

        await AppStack.UntilAsync(
            () => app.GetAsync("runtime/webhooks/durabletask/instances?instanceIdPrefix=unshowable"),
            a => a.Expect(HttpStatusCode.OK).AsArray().Count(i => i!["runtimeStatus"]!.GetValue<string>() == "Failed") == inputs.Length,
            "the ends of the instances");
        for (var i = 0; i < inputs.Length; i++)
        {
            var answer = await app.GetAsync($"runtime/webhooks/durabletask/instances/unshowable-{i}?showHistory=true&showHistoryOutput=true");
            Assert.NotNull(answer.Expect(HttpStatusCode.OK)["input"]);
            Assert.DoesNotMatch(Leak(), answer.Text);
        }
    }

    private async Task RunAsync(int test, int usual, Func<Gen<RawRequest>> requests, bool answerNeeded = true)
    {
        var (seed, count) = (test + FirstSeed, (int)Math.Ceiling(usual * Scale));
        output.WriteLine($"seed {seed}, {count} requests");
        var watch = Stopwatch.StartNew();
        var sample = requests().Sample(count, new Rnd((ulong)seed), 50).ToList();
        var statuses = new SortedDictionary<int, int>();
        var mistakes = new List<string>();
        var shrunk = 0;
        (TimeSpan Took, RawRequest? Request) slowest = default;
        await System.Threading.Tasks.Parallel.ForEachAsync(sample.Index(), new ParallelOptions { MaxDegreeOfParallelism = Parallel }, async (item, _) =>
        {
            var sent = Stopwatch.GetTimestamp();
            var answer = await RawHttp.SendAsync(app.Url, item.Item);
            var took = Stopwatch.GetElapsedTime(sent);
            var mistake = MistakeIn(item.Item, answer, answerNeeded);
            if (mistake is not null && Interlocked.Increment(ref shrunk) <= 3)
            {
                var small = await RubbishShrinker.ShrinkAsync(
                    item.Item, async request => MistakeIn(request, await RawHttp.SendAsync(app.Url, request), answerNeeded) is not null);
                mistake += $"; as small as this: {small}";
            }

            lock (mistakes)
            {
                slowest = took > slowest.Took ? (took, item.Item) : slowest;
                statuses[answer.Status] = statuses.GetValueOrDefault(answer.Status) + 1;
                if (mistake is not null)
                    mistakes.Add($"seed {seed}, request {item.Index}: {mistake}\n  {item.Item}\n  {(answer.Text.Length > 1500 ? answer.Text[..1500] : answer.Text)}");
            }
        });
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s; {string.Join(", ", statuses.Select(s => $"{s.Value} x {s.Key}"))}");
        output.WriteLine($"slowest {slowest.Took.TotalMilliseconds:F0} ms: {slowest.Request}");
        if (mistakes.Count > 0)
        {
            var log = app.Log.Split('\n').Where(line => line.Contains("Exception", StringComparison.Ordinal) || line.StartsWith("   at ", StringComparison.Ordinal)).TakeLast(60);
            Assert.Fail($"{mistakes.Count} of {count}:\n" + string.Join("\n", mistakes.Take(12)) + "\nThe app's last exceptions:\n" + string.Join("\n", log));
        }

        Assert.True(app.IsAlive);
        Assert.Equal(HttpStatusCode.OK, (await app.GetAsync("v2/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync(HttpMethod.Post, $"v2/models/{targets.Model}/infer", new StringContent(targets.Inference, Encoding.UTF8, "application/json"))).Status);
        CheckMemory();
    }

    private static string? MistakeIn(RawRequest request, RawAnswer answer, bool answerNeeded) =>
        // Who sets a deadline of a millisecond is told when it is over.
        answer.Status == 504 && request.Headers.Any(h => h.Name == "timeout-ms") ? null
        : answer.Status >= 500 ? $"status {answer.Status}"
        : answer.Status == 0 && answerNeeded && request.Body is not { Length: > 20_000 } ? "no answer"
        // Operators see what the code of an orchestration threw, as they do on the real host.
        : answer.Status == 200 && request.Target.StartsWith("/runtime/webhooks/durabletask/", StringComparison.Ordinal) ? null
        : Leak().Match(answer.Text) is { Success: true } leak ? $"tells '{leak.Value}'"
        : answer.Text.Contains(Azurite.RepositoryRoot(), StringComparison.Ordinal) ? "tells a path of this machine"
        : null;

    private static RawRequest Chunked(string verb, string target, List<(string Name, string Value)> headers, byte[] body, int pieces, string end)
    {
        var text = new MemoryStream();
        foreach (var chunk in body.Chunk(Math.Max(1, body.Length / 3)))
        {
            text.Write(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{chunk.Length:x}\r\n")));
            text.Write(chunk);
            text.Write("\r\n"u8);
        }

        text.Write(Encoding.ASCII.GetBytes(end));
        return new RawRequest(verb, target, [.. headers, ("Transfer-Encoding", "chunked")], text.ToArray()) { NoLength = true, HangUp = end.Length < 5, Pieces = pieces };
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;

    private void CheckMemory()
    {
        var now = app.WorkingSet();
        output.WriteLine($"working set {targets.WorkingSetCold >> 20} MiB cold, {targets.WorkingSetBefore >> 20} MiB warm before all rubbish, {now >> 20} MiB now");
        Assert.True(now <= 2 * targets.WorkingSetBefore, $"the working set grew from {targets.WorkingSetBefore >> 20} MiB to {now >> 20} MiB");
    }

    [GeneratedRegex(@" at Iml4e|/functions/|System\.|\.cs:line|\b[A-Z][A-Za-z]+Exception\b|stackTrace|AccountKey=|DefaultEndpointsProtocol|devstoreaccount1|app-tests-|\.cc:\d", RegexOptions.CultureInvariant)]
    private static partial Regex Leak();
}
