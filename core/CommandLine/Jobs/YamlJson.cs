using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Iml4e.CommandLine.Jobs;

/// <summary>
/// Reads YAML (and so JSON) as JSON nodes, with scalars of the YAML 1.2 core schema: plain null, booleans and numbers; quoted text stays text.
/// </summary>
internal static class YamlJson
{
    private const int DeepestNesting = 64;
    private const int MostNodes = 200_000;

    /// <summary>Reads one document; an empty text is null.</summary>
    /// <exception cref="RequestException">The text is not YAML, holds several documents, a key twice, or more than 200 000 nodes (aliases counted).</exception>
    public static JsonNode? Parse(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new RequestException(FormattableString.Invariant($"line {e.Start.Line}, column {e.Start.Column}: not YAML: {e.Message}"));
        }
        if (stream.Documents.Count > 1)
            throw new RequestException("the text holds several YAML documents; one is expected");
        var left = MostNodes;
        return stream.Documents.Count == 0 ? null : Convert(stream.Documents[0].RootNode, 0, ref left);
    }

    private static JsonNode? Convert(YamlNode node, int depth, ref int left)
    {
        if (depth > DeepestNesting)
            throw new RequestException(FormattableString.Invariant($"line {node.Start.Line}: nested deeper than {DeepestNesting} levels"));
        if (--left < 0)
            throw new RequestException(FormattableString.Invariant($"the document has more than {MostNodes} nodes"));
        switch (node)
        {
            case YamlMappingNode mapping:
                var members = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                {
                    if (key is not YamlScalarNode { Value: { } name })
                        throw new RequestException(FormattableString.Invariant($"line {key.Start.Line}: a key must be plain text"));
                    members[name] = Convert(value, depth + 1, ref left);
                }
                return members;
            case YamlSequenceNode sequence:
                var items = new JsonArray();
                foreach (var item in sequence.Children)
                    items.Add(Convert(item, depth + 1, ref left));
                return items;
            case YamlScalarNode scalar:
                return Scalar(scalar);
            default:
                throw new RequestException(FormattableString.Invariant($"line {node.Start.Line}: an alias to something that is not there"));
        }
    }

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(text);
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonValue.Create(whole);
        const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Real, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
            ? JsonValue.Create(real)
            : JsonValue.Create(text);
    }
}
