using System.Globalization;
using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Jobs;

/// <summary>Applies <c>--set path=value</c> to a document: <c>parameters.max_depth=6</c>, <c>lags[0].column=power</c>, <c>features=[a, b]</c>.</summary>
internal static class SetPath
{
    private const int MostItems = 10_000;

    /// <summary>
    /// Sets a value. Objects on the way are made when missing; an index may be one past the end of a list, which appends. The value is YAML: numbers,
    /// true, false, null, lists and objects are what they look like, anything else is text.
    /// </summary>
    /// <param name="document">The document, changed in place.</param>
    /// <param name="assignment"><c>path=value</c>; the first equals sign divides.</param>
    /// <exception cref="RequestException">The assignment is malformed or runs through something that is neither object nor list.</exception>
    public static void Apply(JsonObject document, string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new RequestException($"--set {assignment}: expected path=value");
        var path = assignment[..equals].Trim();
        var steps = Parse(path);
        var value = YamlJson.Parse(assignment[(equals + 1)..]);
        JsonNode node = document;
        for (var i = 0; i < steps.Count - 1; i++)
            node = Child(node, steps[i], path) ?? Make(node, steps[i], steps[i + 1] is int ? new JsonArray() : new JsonObject(), path);
        Make(node, steps[^1], value, path);
    }

    private static JsonNode? Child(JsonNode node, object step, string path) => (node, step) switch
    {
        (JsonObject members, string name) => members[name],
        (JsonArray items, int index) => index < items.Count ? items[index] : null,
        _ => throw Mismatch(node, step, path),
    };

    private static JsonNode Make(JsonNode node, object step, JsonNode? value, string path)
    {
        switch (node, step)
        {
            case (JsonObject members, string name):
                members[name] = value;
                break;
            case (JsonArray items, int index) when index < items.Count:
                items[index] = value;
                break;
            case (JsonArray items, int index) when index == items.Count:
                items.Add(value);
                break;
            case (JsonArray items, int index):
                throw new RequestException(FormattableString.Invariant($"--set {path}: [{index}] is past the end; the list has {items.Count} items"));
            default:
                throw Mismatch(node, step, path);
        }
        return value!;
    }

    private static RequestException Mismatch(JsonNode node, object step, string path)
    {
        var what = node switch { JsonArray => "a list", JsonObject => "an object", _ => "a single value" };
        return new RequestException(FormattableString.Invariant($"--set {path}: '{step}' does not fit: there is {what} at this place"));
    }

    private static List<object> Parse(string path)
    {
        var steps = new List<object>();
        foreach (var part in path.Split('.'))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? part : part[..bracket];
            if (name.Length > 0)
                steps.Add(name);
            else if (bracket != 0 || steps.Count == 0)
                throw new RequestException($"--set {path}: a name is missing");
            for (var rest = bracket < 0 ? "" : part[bracket..]; rest.Length > 0;)
            {
                var close = rest.IndexOf(']', StringComparison.Ordinal);
                if (rest[0] != '[' || close < 2
                    || !int.TryParse(rest.AsSpan(1, close - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= MostItems)
                    throw new RequestException($"--set {path}: '{rest}' is not an index such as [0]");
                steps.Add(index);
                rest = rest[(close + 1)..];
            }
        }
        return steps;
    }
}
