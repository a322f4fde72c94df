using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Iml4e.CommandLine.History;

/// <summary>Instances and their histories in the terminal, read from a running app.</summary>
/// <param name="api">The app.</param>
/// <param name="console">Where pictures go.</param>
/// <param name="output">Where JSON goes.</param>
internal sealed class HistoryRunner(ApiClient api, IAnsiConsole console, TextWriter output)
{
    /// <summary>Exit code of the doctor when an instance is stuck.</summary>
    public const int Stuck = 3;

    private const string Viewer = "runtime/webhooks/durabletask/viewer/api/";
    private const int MostLanes = 500;
    private const int MostInstances = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Shows what was asked for and gives the exit code.</summary>
    public Task<int> RunAsync(HistoryOptions options, CancellationToken ct) =>
        options.Doctor ? ExamineAsync(options, ct) : options.Id is { } id ? ShowAsync(id, options, ct) : ListAsync(options, ct);

    private async Task<int> ListAsync(HistoryOptions options, CancellationToken ct)
    {
        var query = Query(("status", options.Status), ("search", options.Search), ("count", Count(options.Top, MostInstances)));
        await FollowAsync(options, () => GetAsync("instances" + query, ct), InstanceText.List, _ => false, ct);
        return 0;
    }

    private async Task<int> ShowAsync(string id, HistoryOptions options, CancellationToken ct)
    {
        var path = $"instances/{Uri.EscapeDataString(id)}{Query(("count", Count(options.Top, MostLanes)))}";
        await FollowAsync(options, () => GetAsync(path, ct), Draw, HasEnded, ct);
        return 0;

        IRenderable Draw(JsonNode detail) => InstanceText.Instance(detail, console.Profile.Width);

        static bool HasEnded(JsonNode detail) => detail["instance"]?["ended"] is not null;
    }

    /// <summary>Shows once, or again and again until nothing more can come; a line a change where nothing can be drawn over.</summary>
    private async Task FollowAsync(
        HistoryOptions options, Func<Task<JsonNode>> read, Func<JsonNode, IRenderable> draw, Func<JsonNode, bool> isLast, CancellationToken ct)
    {
        var page = await read();
        if (!options.Follow || isLast(page))
        {
            Write(options, page, draw);
            return;
        }

        if (options.Json || !console.Profile.Capabilities.Interactive)
        {
            var shown = "";
            while (true)
            {
                if (Timeless(page) is var state && state != shown)
                    Write(options, page, draw);
                shown = state;
                if (isLast(page))
                    return;
                await Task.Delay(Pause, ct);
                page = await read();
            }
        }

        await console.Live(draw(page)).StartAsync(async live =>
        {
            while (!isLast(page))
            {
                await Task.Delay(Pause, ct);
                page = await read();
                live.UpdateTarget(draw(page));
            }
        });
    }

    private async Task<int> ExamineAsync(HistoryOptions options, CancellationToken ct)
    {
        var stuck = 0;
        var items = new JsonArray();
        string? after = null;
        var table = new Table().Border(TableBorder.None).AddColumns("", "status", "orchestrator", "instance", "waits for");
        table.Columns[3].NoWrap();
        do
        {
            var page = await GetAsync("waiting" + Query(("after", after)), ct);
            var now = Times.Read(page["now"]) ?? DateTime.MinValue;
            foreach (var item in page["items"]!.AsArray())
            {
                var isStuck = Times.Read(item!["standsStillSince"]) is { } since && now - since > options.OlderThan;
                stuck += isStuck ? 1 : 0;
                if (options.Json)
                {
                    var copy = item.DeepClone().AsObject();
                    copy["stuck"] = isStuck;
                    items.Add((JsonNode)copy);
                    continue;
                }

                var instance = item["instance"]!;
                table.AddRow(
                    isStuck ? "[red]stuck[/]" : "",
                    InstanceText.Status(instance["status"]),
                    InstanceText.Text(instance["name"]),
                    InstanceText.Text(instance["instanceId"]),
                    string.Join('\n', item["waits"]!.AsArray().Select(wait => InstanceText.Wait(wait!, now))));
            }

            after = Json.Text(page["next"]);
        }
        while (after is not null);

        if (options.Json)
        {
            await output.WriteLineAsync(items.ToJsonString());
        }
        else
        {
            if (table.Rows.Count > 0)
                console.Write(table);
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Rows.Count} unfinished, {stuck} of them stuck for more than {Durations.Describe(options.OlderThan)}"));
        }

        return stuck > 0 ? Stuck : 0;
    }

    private async Task<JsonNode> GetAsync(string path, CancellationToken ct)
    {
        try
        {
            return await api.GetAsync(Viewer + path, ct);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            throw new ApiException(e.Status, "The app asks for its system key durabletask_extension or its master key: give it as --key or in IML4E_KEY.");
        }
    }

    private void Write(HistoryOptions options, JsonNode page, Func<JsonNode, IRenderable> draw)
    {
        if (options.Json)
            output.WriteLine(page.ToJsonString());
        else
            console.Write(draw(page));
    }

    // The time of an answer differs each time; it is no news.
    private static string Timeless(JsonNode page)
    {
        var copy = page.DeepClone().AsObject();
        copy.Remove("now");
        return copy.ToJsonString();
    }

    private static string Count(int top, int most) => Math.Clamp(top, 1, most).ToString(CultureInfo.InvariantCulture);

    private static string Query(params (string Name, string? Value)[] values)
    {
        var given = values.Where(value => value.Value is not null).Select(value => $"{value.Name}={Uri.EscapeDataString(value.Value!)}").ToList();
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }
}
