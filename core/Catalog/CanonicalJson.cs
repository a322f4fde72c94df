using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Catalog;

/// <summary>
/// JSON in the canonical form of RFC 8785 (JCS): no white space, members ordered by their names' UTF-16 code units, numbers as ECMAScript writes an IEEE
/// double, strings escaped as little as JSON allows. Two texts of the same value have the same canonical bytes, so that they can be hashed and signed.
/// </summary>
public static class CanonicalJson
{
    private const int MaxDepth = 64;
    private static readonly UTF8Encoding Strictly = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The canonical bytes (UTF-8) of a node; null is the JSON null.</summary>
    /// <exception cref="FormatException">A member name twice, a lone surrogate, a number that is not a finite double, or nesting deeper than 64.</exception>
    public static byte[] Serialize(JsonNode? node)
    {
        try
        {
            // The writer would put U+FFFD for a lone surrogate without a word; such text is refused before it gets there.
            CheckText(node, 0);
            var text = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(text))
            {
                if (node is null)
                    writer.WriteNullValue();
                else
                    node.WriteTo(writer);
            }

            using var document = JsonDocument.Parse(text.WrittenMemory, Strict);
            return Serialize(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new FormatException("the value has no canonical JSON: " + e.Message, e);
        }
    }

    /// <summary>The canonical bytes (UTF-8) of a JSON text in UTF-8.</summary>
    /// <exception cref="FormatException">The text is not JSON, or has no canonical form.</exception>
    public static byte[] Canonicalize(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return Serialize(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("not canonicalisable JSON: " + e.Message, e);
        }
    }

    /// <summary>The canonical bytes (UTF-8) of an element.</summary>
    /// <exception cref="FormatException">A member name twice, a lone surrogate, or a number that is not a finite double.</exception>
    public static byte[] Serialize(JsonElement element)
    {
        var to = new ArrayBufferWriter<byte>(256);
        Write(element, to);
        return to.WrittenSpan.ToArray();
    }

    /// <summary>SHA-256 of the canonical bytes, 64 lower-case hexadecimal digits.</summary>
    public static string Hash(JsonNode? node) => Convert.ToHexStringLower(SHA256.HashData(Serialize(node)));

    /// <summary>A finite double as ECMAScript's Number::toString writes it: shortest digits that read back, exponent from 1e21 and below 1e-6.</summary>
    /// <exception cref="FormatException">The number is not finite.</exception>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new FormatException("NaN and infinity have no canonical JSON");
        if (value == 0)
            return "0";

        // .NET gives the same shortest digits, but spells exponents otherwise: take digits and exponent apart and spell them anew.
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        Span<char> digits = stackalloc char[24];
        var (count, point) = Digits(shortest, digits);
        var sign = value < 0 ? "-" : "";
        var d = digits[..count];

        // Here value = 0.d1d2d3... * 10^point, ECMAScript's n = point, k = count.
        if (count <= point && point <= 21)
            return $"{sign}{d}{new string('0', point - count)}";
        if (point is > 0 and <= 21)
            return $"{sign}{d[..point]}.{d[point..]}";
        if (point is > -6 and <= 0)
            return $"{sign}0.{new string('0', -point)}{d}";
        var e = point - 1;
        var fraction = count > 1 ? $".{d[1..]}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{d[0]}{fraction}e{(e < 0 ? '-' : '+')}{Math.Abs(e)}");
    }

    private static (int Count, int Point) Digits(string text, Span<char> digits)
    {
        var count = 0;
        var exponent = 0;
        var point = -1;
        var before = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is >= '0' and <= '9')
            {
                if (count > 0 || c != '0')
                    digits[count++] = c;
                else if (point >= 0)
                    before--;
                if (point < 0 && count > 0)
                    before++;
            }
            else if (c == '.')
            {
                point = i;
            }
            else if (c == 'E')
            {
                exponent = int.Parse(text.AsSpan(i + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                break;
            }
        }

        while (count > 1 && digits[count - 1] == '0')
            count--;
        return (count, before + exponent);
    }

    private static void CheckText(JsonNode? node, int depth)
    {
        if (depth > MaxDepth)
            throw new FormatException($"nested deeper than {MaxDepth}");
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    _ = Bytes(name);
                    CheckText(value, depth + 1);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                    CheckText(item, depth + 1);
                break;
            case JsonValue value when value.TryGetValue<string>(out var text):
                _ = Bytes(text);
                break;
        }
    }

    private static int Bytes(string text)
    {
        try
        {
            return Strictly.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new FormatException("a string holds a lone surrogate", e);
        }
    }

    private static void Write(JsonElement element, ArrayBufferWriter<byte> to)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(element, to);
                break;
            case JsonValueKind.Array:
                to.Write("["u8);
                var first = true;
                foreach (var item in element.EnumerateArray())
                {
                    if (!first)
                        to.Write(","u8);
                    first = false;
                    Write(item, to);
                }

                to.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteString(Text(element), to);
                break;
            case JsonValueKind.Number:
                Encoding.ASCII.GetBytes(Number(element.GetDouble()), to);
                break;
            case JsonValueKind.True:
                to.Write("true"u8);
                break;
            case JsonValueKind.False:
                to.Write("false"u8);
                break;
            default:
                to.Write("null"u8);
                break;
        }
    }

    private static void WriteObject(JsonElement element, ArrayBufferWriter<byte> to)
    {
        var members = new List<(string Name, JsonElement Value)>();
        foreach (var member in element.EnumerateObject())
            members.Add((Name(member), member.Value));
        members.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        to.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                if (members[i].Name == members[i - 1].Name)
                    throw new FormatException($"the member {ResourceName.Quote(members[i].Name)} is there twice");
                to.Write(","u8);
            }

            WriteString(members[i].Name, to);
            to.Write(":"u8);
            Write(members[i].Value, to);
        }

        to.Write("}"u8);
    }

    private static string Text(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("a string holds a lone surrogate or bytes that are not UTF-8", e);
        }
    }

    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("a member name holds a lone surrogate or bytes that are not UTF-8", e);
        }
    }

    private static void WriteString(string text, ArrayBufferWriter<byte> to)
    {
        to.Write("\""u8);
        var run = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c >= ' ' && c is not ('"' or '\\'))
                continue;
            WriteRun(text.AsSpan(run, i - run), to);
            run = i + 1;
            switch (c)
            {
                case '"':
                    to.Write("\\\""u8);
                    break;
                case '\\':
                    to.Write("\\\\"u8);
                    break;
                case '\b':
                    to.Write("\\b"u8);
                    break;
                case '\t':
                    to.Write("\\t"u8);
                    break;
                case '\n':
                    to.Write("\\n"u8);
                    break;
                case '\f':
                    to.Write("\\f"u8);
                    break;
                case '\r':
                    to.Write("\\r"u8);
                    break;
                default:
                    Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"), to);
                    break;
            }
        }

        WriteRun(text.AsSpan(run), to);
        to.Write("\""u8);
    }

    private static void WriteRun(ReadOnlySpan<char> text, ArrayBufferWriter<byte> to)
    {
        try
        {
            Strictly.GetBytes(text, to);
        }
        catch (EncoderFallbackException e)
        {
            throw new FormatException("a string holds a lone surrogate", e);
        }
    }
}
