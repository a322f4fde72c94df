using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Spectre.Console;

namespace Iml4e.CommandLine.Jobs;

/// <summary>One job from request to report, against a running app.</summary>
internal sealed class JobRunner(ApiClient api, IAnsiConsole console)
{
    private static readonly string[] ReportFormats = ["json", "html", "pdf"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(1);

    /// <summary>Reads the request: the file, then the assignments, then the acceptance expression.</summary>
    /// <exception cref="RequestException">The file is not there or is not an object, or an assignment does not fit.</exception>
    public static JsonObject ReadRequest(JobOptions options)
    {
        var request = new JsonObject();
        if (options.Request is { } file)
        {
            if (!file.Exists)
                throw new RequestException($"the request file {file.FullName} is not there");
            var document = YamlJson.Parse(File.ReadAllText(file.FullName));
            request = document switch
            {
                JsonObject members => members,
                null => request,
                _ => throw new RequestException($"{file.Name}: an object is expected at the top"),
            };
        }
        foreach (var assignment in options.Assignments)
            SetPath.Apply(request, assignment);
        if (options.Accept is { } accept)
            request["accept"] = accept;
        return request;
    }

    /// <summary>Uploads files, starts the job, follows it, writes the reports, and gives the exit code.</summary>
    public async Task<int> RunAsync(JobOptions options, JsonObject request, CancellationToken ct)
    {
        await new FileReferences(api, options.Request?.DirectoryName ?? Directory.GetCurrentDirectory(), Say).ResolveAsync(request, ct);
        // The key makes the start idempotent: repeated after a broken connection it finds the same job.
        var headers = new Dictionary<string, string> { ["Idempotency-Key"] = Guid.NewGuid().ToString("n") };
        var started = await ApiClient.UntilAcknowledgedAsync(
            token => api.SendJsonAsync(HttpMethod.Post, $"api/jobs/{Uri.EscapeDataString(options.Kind)}", request.DeepClone(), headers, token), Patience, ct);
        var id = (string?)started.Body?["id"] ?? throw new ApiException(HttpStatusCode.BadGateway, "The app accepted the job but gave it no id.");
        Say($"job {id} started");
        JsonNode job;
        try
        {
            job = await FollowAsync(id, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await CancelAsync(id);
            throw;
        }
        Tell(job);
        if (options.Output is { } folder)
            await WriteReportsAsync(id, folder, ct);
        return ExitCodes.Of(job);
    }

    private async Task<JsonNode> FollowAsync(string id, CancellationToken ct)
    {
        if (!console.Profile.Capabilities.Interactive)
            return await PollAsync(id, PlainProgress(), ct);
        return await console.Progress().AutoClear(true).StartAsync(async context =>
        {
            var task = context.AddTask(Markup.Escape(id));
            return await PollAsync(id, (done, total, message) =>
            {
                task.MaxValue = Math.Max(total, 1e-9);
                task.Value = done;
                task.IsIndeterminate = total <= 0;
                task.Description = Markup.Escape(message);
            }, ct);
        });
    }

    private Action<double, double, string> PlainProgress()
    {
        var last = "";
        return (done, total, message) =>
        {
            var line = total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100 * done / total:0} % {message}") : message;
            if (line != last && line.Length > 0)
                Say(line);
            last = line;
        };
    }

    private async Task<JsonNode> PollAsync(string id, Action<double, double, string> progress, CancellationToken ct)
    {
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = pause * 1.5 < LongestPoll ? pause * 1.5 : LongestPoll)
        {
            var job = await ApiClient.UntilAcknowledgedAsync(token => api.GetAsync($"api/jobs/{Uri.EscapeDataString(id)}", token), Patience, ct);
            if (job["progress"] is JsonObject state)
                progress(Json.Number(state["done"]) ?? 0, Json.Number(state["total"]) ?? 0, Json.Text(state["message"]) ?? "");
            if ((string?)job["status"] is not ("pending" or "running"))
                return job;
            await Task.Delay(pause, ct);
        }
    }

    private async Task CancelAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await api.SendAsync(HttpMethod.Delete, $"api/jobs/{Uri.EscapeDataString(id)}", null, null, patience.Token);
            Say($"job {id} cancelled");
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or OperationCanceledException)
        {
            Say($"job {id} could not be cancelled: {e.Message}");
        }
    }

    private void Tell(JsonNode job)
    {
        var status = (string?)job["status"] ?? "unknown";
        if (job["metrics"] is JsonObject { Count: > 0 } metrics)
        {
            var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("metric").AddColumn("value");
            foreach (var (name, value) in metrics)
                table.AddRow(Markup.Escape("  " + name), Markup.Escape(value is JsonValue ? value.ToString() : value?.ToJsonString() ?? "null"));
            console.Write(table);
        }
        if (Describe(job["error"]) is { } error)
            Say("error: " + error);
        Say(ExitCodes.Of(job) switch
        {
            ExitCodes.Accepted => job["accepted"] is null ? status : "accepted",
            ExitCodes.NotAccepted => "not accepted",
            _ => status,
        });
    }

    private static string? Describe(JsonNode? error) => error switch
    {
        null => null,
        JsonObject members => Json.Text(members["message"]) ?? Json.Text(members["detail"]) ?? members.ToJsonString(),
        _ => error.ToString(),
    };

    private async Task WriteReportsAsync(string id, DirectoryInfo folder, CancellationToken ct)
    {
        folder.Create();
        foreach (var format in ReportFormats)
        {
            var bytes = await ApiClient.UntilAcknowledgedAsync(
                token => api.DownloadAsync($"api/jobs/{Uri.EscapeDataString(id)}/report.{format}", token), Patience, ct);
            if (bytes is null)
                continue;
            var path = Path.Combine(folder.FullName, "report." + format);
            await File.WriteAllBytesAsync(path, bytes, ct);
            Say("wrote " + path);
        }
    }

    private void Say(string line) => console.WriteLine(line);
}
