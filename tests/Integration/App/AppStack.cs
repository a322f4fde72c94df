using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Iml4e.Catalog;
using Iml4e.CommandLine.Stack;
using Iml4e.Tests.Integration.Tracking;

namespace Iml4e.Tests.Integration.App;

/// <summary>
/// The function app as a process of its own with its emulator, without keys on loopback: one for all tests of the collection, which run one after the other.
/// Tests keep apart by the names of their models and data sets.
/// </summary>
public sealed class AppStack : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("app-tests-");
    private readonly bool _keys;
    private LocalStack? _stack;
    private TrainerServer? _trainer;
    private MlflowServer? _mlflow;

    public AppStack()
    {
    }

    /// <summary>An app that asks for keys; the client sends its master key.</summary>
    internal AppStack(bool keys) => _keys = keys;

    /// <summary>A client of the running app; bodies are read whole.</summary>
    public HttpClient Http { get; private set; } = new();

    /// <summary>The master key of an app that asks for keys.</summary>
    public string MasterKey { get; private set; } = "";

    /// <summary>The secret of the app's webhooks.</summary>
    public const string WebhookSecret = "a secret of the tests, and of nobody else";

    /// <summary>The key of calls to external trainers.</summary>
    public const string TrainerKey = "a key of the tests, for trainers that are not ours";

    /// <summary>A trainer that the app may call.</summary>
    internal TrainerServer Trainer => _trainer ?? throw new InvalidOperationException("The trainer is not started.");

    /// <summary>The tracking server that the app tells of jobs.</summary>
    internal MlflowServer Mlflow => _mlflow!;

    /// <summary>Root address of the app.</summary>
    public Uri Url => Stack.Url;

    /// <summary>What the app has written to its log until now.</summary>
    public string Log
    {
        get
        {
            using var file = new FileStream(Path.Combine(Stack.LogFolder, "app.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
    }

    /// <summary>True while both processes run.</summary>
    public bool IsAlive => !Stack.HasBroken;

    private LocalStack Stack => _stack ?? throw new InvalidOperationException("The stack is not started.");

    /// <summary>A name that no other test has.</summary>
    public static string Unique(string prefix) => $"{prefix}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The storage itself.</summary>
    public BlobServiceClient OpenStorage() => new(Stack.StorageConnection, CatalogStore.ClientOptions());

    /// <summary>The app's catalogue, over the storage itself.</summary>
    public CatalogStore OpenCatalog() =>
        new(OpenStorage(), new CatalogOptions());

    /// <summary>Bytes of an artefact.</summary>
    public async Task<byte[]> ReadArtefactAsync(string digest)
    {
        await using var catalog = OpenCatalog();
        return await catalog.Artefacts.ReadAsync(digest);
    }

    /// <summary>Connection string of the app's storage.</summary>
    public string StorageConnection => Stack.StorageConnection;

    /// <summary>Bytes of memory that the app's process holds.</summary>
    public long WorkingSet()
    {
        using var process = Process.GetProcessById(Stack.AppProcessId);
        return process.WorkingSet64;
    }

    /// <summary>Kills the app's process as a power failure would, and starts it again over the same data.</summary>
    public async Task CrashAsync()
    {
        await Stack.KillAppAsync();
        await Stack.RestartAppAsync(CancellationToken.None);
        Http.Dispose();
        Http = NewClient();
    }

    /// <summary>Sends a request.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await SentAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentType?.MediaType)
        {
            Headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase),
        };
    }

    // Where a connection breaks because the app has died, its last words are what one wants to read.
    private async Task<HttpResponseMessage> SentAsync(HttpRequestMessage request)
    {
        try
        {
            return await Http.SendAsync(request);
        }
        catch (HttpRequestException e)
        {
            // The end of a process is seen a little after that of its connections.
            for (var i = 0; i < 20 && IsAlive; i++)
                await Task.Delay(50);
            if (IsAlive)
                throw;
            throw new InvalidOperationException(Stack.DescribeFailure(), e);
        }
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Sends JSON.</summary>
    public Task<Answer> SendJsonAsync(HttpMethod method, string path, JsonNode json, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, new StringContent(json.ToJsonString(), Encoding.UTF8, "application/json"), headers);

    public Task<Answer> PostAsync(string path, JsonNode json, params (string Name, string Value)[] headers) => SendJsonAsync(HttpMethod.Post, path, json, headers);

    /// <summary>Uploads a data set version and gives its number.</summary>
    public async Task<string> PutDatasetAsync(string name, byte[] csv, string mode = "replace")
    {
        var answer = await SendAsync(HttpMethod.Put, $"api/datasets/{name}?mode={mode}", Bytes(csv, "text/csv"));
        return answer.Expect(HttpStatusCode.Created)["version"]!.GetValue<string>();
    }

    /// <summary>Starts a job and waits for its end.</summary>
    public async Task<JsonNode> RunJobAsync(string kind, JsonObject request)
    {
        var id = (await PostAsync($"api/jobs/{kind}", request)).Expect(HttpStatusCode.Accepted)["id"]!.GetValue<string>();
        return await EndOfJobAsync(id);
    }

    /// <summary>Starts a job, kills the process when it has come so far, and gives the job at its end, which is after the kill.</summary>
    public async Task<JsonNode> RunJobAndCrashAsync(string kind, JsonObject request, Func<JsonNode, bool> isSoFar)
    {
        var id = (await PostAsync($"api/jobs/{kind}", request)).Expect(HttpStatusCode.Accepted)["id"]!.GetValue<string>();
        await UntilAsync(
            async () => (await GetAsync($"api/jobs/{id}")).Expect(HttpStatusCode.OK), j => j["progress"] is { } progress && isSoFar(progress), $"job {id} to be half way");
        var before = DateTimeOffset.UtcNow;
        await CrashAsync();
        var job = await EndOfJobAsync(id);
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        Assert.True(DateTimeOffset.Parse(job["endedAt"]!.GetValue<string>(), CultureInfo.InvariantCulture) > before, job.ToJsonString());
        return job;
    }

    /// <summary>Waits for the end of a job.</summary>
    public Task<JsonNode> EndOfJobAsync(string id) => UntilAsync(
        async () => (await GetAsync($"api/jobs/{id}")).Expect(HttpStatusCode.OK),
        job => job["status"]!.GetValue<string>() is "completed" or "failed" or "cancelled",
        $"the end of job {id}");

    /// <summary>Looks again and again until something is so; fails after two minutes.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> isSo, string what)
    {
        T last = default!;
        for (var i = 0; i < 1200; i++)
        {
            last = await look();
            if (isSo(last))
                return last;
            await Task.Delay(100);
        }

        throw new Xunit.Sdk.XunitException($"Waited in vain for {what}; last seen: {last}");
    }

    public static ByteArrayContent Bytes(byte[] bytes, string mediaType)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return content;
    }

    public async Task InitializeAsync()
    {
        _trainer = await TrainerServer.StartAsync();
        _mlflow = await MlflowServer.StartAsync();
        var settings = new Dictionary<string, string>
        {
            ["LocalRuntime__BlobPollInterval"] = "00:00:01",
            ["LocalRuntime__Auth"] = _keys ? "on" : "off",
            ["TriggerWatchSchedule"] = "* * * * * *",
            ["FeedbackWatchSchedule"] = "* * * * * *",
            ["JobScheduleWatch"] = "* * * * * *",
            ["TrackingWatch"] = "* * * * * *",
            ["Iml4e__MlflowUrl"] = Mlflow.Address,
            ["Iml4e__MlflowExperiment"] = "validations",
            ["Iml4e__WebhookSecret"] = WebhookSecret,
            ["Iml4e__ExternalTrainers"] = $"https://train.example.com, {Trainer.Address}",
            ["Iml4e__ExternalTrainerKey"] = TrainerKey,
        };
        _stack = await LocalStack.StartAsync(new LocalStackOptions(_folder.FullName, 0) { Settings = settings }, CancellationToken.None);
        if (_keys)
            MasterKey = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "runtime", "keys.json")))!["masterKey"]!.GetValue<string>();
        Http = NewClient();
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        if (_stack is not null)
            await _stack.DisposeAsync();
        if (_trainer is not null)
            await _trainer.DisposeAsync();
        if (_mlflow is not null)
            await _mlflow.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private HttpClient NewClient()
    {
        var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = Stack.Url, Timeout = TimeSpan.FromMinutes(2) };
        if (_keys)
            client.DefaultRequestHeaders.Add("x-functions-key", MasterKey);
        return client;
    }
}

/// <summary>An answer of the app, read whole.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The bytes.</param>
/// <param name="MediaType">Without parameters.</param>
public sealed record Answer(HttpStatusCode Status, byte[] Body, string? MediaType)
{
    /// <summary>Headers of answer and body.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The body as JSON, when the status is as expected.</summary>
    public JsonNode Expect(HttpStatusCode status)
    {
        Assert.True(status == Status, $"expected {status}, got {Status}: {(Text.Length > 2000 ? Text[..2000] : Text)}");
        return Body.Length == 0 ? new JsonObject() : Json;
    }

    /// <summary>Problem details with one error, or more, of which one is at this path.</summary>
    public void ExpectProblemAt(string path)
    {
        Assert.True(Status == HttpStatusCode.BadRequest, $"expected 400 at '{path}', got {Status}: {Text}");
        Assert.Equal("application/problem+json", MediaType);
        var paths = Json["errors"] is JsonArray errors ? [.. errors.Select(e => e!["path"]!.GetValue<string>())] : Array.Empty<string>();
        Assert.True(paths.Contains(path), $"no error at '{path}' but at: {string.Join(", ", paths.Select(p => $"'{p}'"))}; {Text}");
        Assert.All(Json["errors"]!.AsArray(), e => Assert.False(string.IsNullOrWhiteSpace(e!["message"]!.GetValue<string>())));
    }
}

/// <summary>Tests of the running app; they share its process.</summary>
[CollectionDefinition(Name)]
public sealed class AppCollection : ICollectionFixture<AppStack>
{
    public const string Name = "function app";
}
