using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Spectre.Console;

namespace Iml4e.CommandLine.Verification;

/// <summary>Has a running app verify its catalogue, a part at a time, so that no single answer takes as long as the whole, and shows what it found.</summary>
/// <param name="api">The app.</param>
/// <param name="console">Where tables go.</param>
/// <param name="output">Where JSON goes.</param>
internal sealed class VerifyRunner(ApiClient api, IAnsiConsole console, TextWriter output)
{
    /// <summary>Exit code when the catalogue has a fault.</summary>
    public const int Faulty = 3;

    private const int MostShown = 100;

    /// <summary>Verifies and gives the exit code: 0 without a fault, 3 with one.</summary>
    /// <exception cref="ApiException">The app refused or failed.</exception>
    public async Task<int> RunAsync(VerifyOptions options, CancellationToken ct)
    {
        var parts = new List<(string Scope, JsonNode Found)>();
        foreach (var scope in options.Scopes)
        {
            var found = await api.GetAsync($"api/lineage/verify?scope={scope}", ct);
            parts.Add((scope, found));
            if (!options.Json)
                console.WriteLine($"{scope,-12} {Said(Faults(found)),-10} {Counted(found)}");
        }

        var faults = parts.Sum(p => Faults(p.Found));
        if (options.Json)
            await output.WriteLineAsync(Document(parts, faults).ToJsonString());
        else
            Show(parts, faults);
        return faults == 0 ? 0 : Faulty;
    }

    private void Show(List<(string Scope, JsonNode Found)> parts, long faults)
    {
        if (faults == 0)
        {
            console.WriteLine("The catalogue is whole.");
            return;
        }

        var table = new Table().Border(TableBorder.None).AddColumns("fault", "where", "what");
        var shown = parts.SelectMany(p => First(p.Found)).Take(MostShown).ToArray();
        foreach (var fault in shown)
            table.AddRow(Text(fault["kind"]), Text(fault["path"]), Text(fault["problem"]));
        console.WriteLine();
        console.Write(table);
        console.WriteLine(shown.Length < faults
            ? string.Create(CultureInfo.InvariantCulture, $"{Said(faults)}, of which the first {shown.Length} are shown; --json tells up to 1000 of each part")
            : Said(faults));
    }

    private static JsonObject Document(List<(string Scope, JsonNode Found)> parts, long faults) => new()
    {
        ["intact"] = faults == 0,
        ["faults"] = faults,
        ["parts"] = new JsonObject(parts.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Scope, p.Found))),
    };

    private static long Faults(JsonNode found) =>
        Json.Number(found["faults"]) is { } faults
            ? (long)faults
            : throw new ApiException(System.Net.HttpStatusCode.BadGateway, "The app's answer does not tell how many faults there are.");

    private static IEnumerable<JsonNode> First(JsonNode found) => found["first"] is JsonArray faults ? faults.OfType<JsonNode>() : [];

    private static string Counted(JsonNode found) => found["checked"] is JsonObject counts
        ? string.Join(", ", counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{Json.Number(c.Value):N0} {c.Key}")))
        : "";

    private static string Said(long faults) =>
        faults == 0 ? "no faults" : string.Create(CultureInfo.InvariantCulture, $"{faults:N0} fault{(faults == 1 ? "" : "s")}");

    private static string Text(JsonNode? node) => Markup.Escape(Json.Text(node) ?? "");
}
