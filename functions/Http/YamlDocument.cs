using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Iml4e.Functions.Http;

/// <summary>
/// Reads YAML 1.2 (core schema) into JSON nodes from the event stream. Aliases, anchors and tags are refused, so that a document cannot grow or loop when
/// it is read; depth and node count are capped.
/// </summary>
internal static class YamlDocument
{
    private const int MaxDepth = 32;
    private const int MaxNodes = 50_000;

    /// <summary>Parses one document.</summary>
    /// <exception cref="DocumentException">Not valid YAML, or it uses what is refused; names line and column.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
        }
        catch (ArgumentException)
        {
            throw new DocumentException("", "the document is not valid UTF-8");
        }

        CheckNesting(text);
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return null;
            parser.Consume<DocumentStart>();
            var nodes = 0;
            var root = ReadNode(parser, 0, ref nodes);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw new DocumentException("", "there is more than one document");
            return root;
        }
        catch (YamlException e)
        {
            throw new DocumentException("", $"not valid YAML at line {e.Start.Line}, column {e.Start.Column}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or IndexOutOfRangeException or OverflowException)
        {
            throw new DocumentException("", "not valid YAML");
        }
    }

    // The scanner recurses on nested flow collections; a hostile run of brackets is refused before it is scanned.
    private static void CheckNesting(string text)
    {
        var depth = 0;
        foreach (var c in text)
        {
            if (c is '[' or '{' && ++depth > 512)
                throw new DocumentException("", "the document is nested too deeply");
            if (c is ']' or '}')
                depth = Math.Max(0, depth - 1);
        }
    }

    private static JsonNode? ReadNode(IParser parser, int depth, ref int nodes)
    {
        if (parser.Current is NodeEvent node)
        {
            if (!node.Anchor.IsEmpty)
                throw Refused(node, "anchors are not allowed");
            if (!node.Tag.IsEmpty)
                throw Refused(node, "tags are not allowed");
        }

        if (depth > MaxDepth)
            throw Refused(parser.Current, $"the document is nested more than {MaxDepth} levels deep");
        if (++nodes > MaxNodes)
            throw Refused(parser.Current, $"the document has more than {MaxNodes} values");
        switch (parser.Current)
        {
            case Scalar scalar:
                parser.MoveNext();
                return Value(scalar);
            case SequenceStart:
                parser.MoveNext();
                var list = new JsonArray();
                while (!parser.TryConsume<SequenceEnd>(out _))
                    list.Add(ReadNode(parser, depth + 1, ref nodes));
                return list;
            case MappingStart:
                parser.MoveNext();
                var map = new JsonObject();
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    if (parser.Current is not Scalar key || !key.Anchor.IsEmpty)
                        throw Refused(parser.Current, "a field name must be a plain text");
                    parser.MoveNext();
                    if (map.ContainsKey(key.Value))
                        throw Refused(key, $"the field '{key.Value}' is given twice");
                    map[key.Value] = ReadNode(parser, depth + 1, ref nodes);
                }

                return map;
            case AnchorAlias alias:
                throw Refused(alias, "aliases are not allowed");
            default:
                throw Refused(parser.Current, "unexpected YAML");
        }
    }

    private static JsonNode? Value(Scalar scalar)
    {
        var text = scalar.Value;
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

        if (text[0] is (>= '0' and <= '9') or '-' or '+' or '.')
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
                return JsonValue.Create(whole);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                return JsonValue.Create(number);
        }

        return JsonValue.Create(text);
    }

    private static DocumentException Refused(ParsingEvent? at, string message) =>
        new("", at is null ? message : $"{message} (line {at.Start.Line}, column {at.Start.Column})");
}
