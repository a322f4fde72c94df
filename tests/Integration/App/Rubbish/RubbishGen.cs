using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Iml4e.Tests.Integration.App.Rubbish;

/// <summary>Generators of everything that an app should never be sent.</summary>
internal static class RubbishGen
{
    private static readonly string[] HostileNames =
    [
        "../", "..", ".", "%2e%2e%2f", "%2e%2e", "..%5c", "..%2f..%2fetc%2fpasswd", "%00", "a%00b", "%", "%zz", "%c0%ae", "%ff", "%e2%80%ae", "\u00fc\u4e2d", "%f0%9f%98%80",
        "a b", "a%20b", "a+b", "A", "-a", "a-", "_", "a.b", "a:b", "con", "nul", "null", "undefined", "NaN", "-1", "0", "1", "99999999999999999999", "1e999", "'", "\"", "<script>",
        "{name}", "{{7*7}}", "${x}", ";", "a;b", "a,b", "a=b", "a&b", "%0d%0aX-Injected:%201", "*", "**", "~", "a//b", "", "?", "#", "\\", "%5c%5c", "@", "a@b", "|", "$", "!", "job-", "retrain-",
        new('a', 63), new('a', 64), new('a', 300), new('a', 5000), "rubbish.00000000000000000000000000", "rubbish.0000000000ZZZZZZZZZZZZZZZZ", "rubbish.7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    ];

    private static readonly string[] HostileValues =
    [
        "", " ", "NaN", "Infinity", "-Infinity", "1e999", "-1", "0", "1.5", "99999999999999999999", "true", "null", "../x", "..%5c", "\u00fc", "%", "*", "a,b", "'", "\"", "<b>", "{}", "[]",
        "2024-02-30", "9999-12-31T23:59:59Z", "0001-01-01", "W/\"x\"", new('x', 500), new('x', 3000), "gzip", "identity", "key%00", "\t", "a\tb", "text/html", "a;b=c",
    ];

    private static readonly string[] Verbs =
        ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "PROPFIND", "X", "GETT", "MERGE", "PURGE"];

    private static readonly string[] HeaderNames =
    [
        "Idempotency-Key", "x-iml4e-unit", "x-iml4e-actor", "timeout-ms", "Accept", "Accept-Encoding", "x-functions-key", "Content-Encoding", "Inference-Header-Content-Length",
        "traceparent", "If-Match", "Range", "x-ms-continuation-token", "Expect", "Cookie", "X-Forwarded-For", "X-HTTP-Method-Override", "Accept-Language",
    ];

    private static readonly string[] QueryNames =
    [
        "task", "alias", "key", "mode", "file", "id", "top", "kind", "from", "after", "model", "code", "reason", "showInput", "showHistory", "showHistoryOutput", "runtimeStatus", "createdTimeFrom",
        "createdTimeTo", "instanceIdPrefix", "pollingInterval", "anonymise", "family", "method", "validate", "x",
    ];

    private static readonly string[] MediaTypes =
    [
        "application/json", "application/json; charset=utf-8", "application/json; charset=klingon", "application/yaml", "text/yaml", "text/plain", "text/csv", "application/octet-stream",
        "application/x-ndjson", "multipart/form-data; boundary=x", "multipart/form-data", "application/xml", "image/png", "x", "", ";;;", "application/problem+json", "\u00fc/\u00fc",
    ];

    private static readonly string[] BadLiterals =
    [
        "null", "true", "0", "-1", "1.5", "1e999", "-1e999", "NaN", "Infinity", "99999999999999999999999999", "-0", "1e-400", "\"\"", "\"\\ud800\"", "\"\\udfff x\"", "\"\\u0000\"", "[]", "{}", "[null]",
        "[[]]", "{\"a\":{}}", "\"NaN\"", "\"../x\"", "[1,\"a\",null,{}]", "\"" + new string('x', 5000) + "\"", "9007199254740993", "0.1e1", "01", "+1", ".5", "'x'", "undefined", "\"\\x\"", "{\"a\":1,\"a\":2}",
    ];

    /// <summary>A verb, often the right one.</summary>
    public static Gen<string> Verb(string right) => Mixed((6, Gen.Constant(right)), (3, Gen.Elements(Verbs)));

    /// <summary>A path of the template with its parameters filled in, and perhaps a query.</summary>
    public static Gen<string> Target(string template, IReadOnlyDictionary<string, string[]> known) =>
        from path in Path(template, known)
        from query in Query
        select path + query;

    /// <summary>A hostile or an existing name, by the name of its parameter.</summary>
    public static Gen<string> Name(string parameter, IReadOnlyDictionary<string, string[]> known) => Mixed(
        (4, Gen.Elements(known.GetValueOrDefault(parameter, ["rubbish"]))),
        (5, Gen.Elements(HostileNames)),
        (1, Noise(40).Select(b => Uri.EscapeDataString(Encoding.Latin1.GetString(b)))),
        (1, from a in Gen.Elements(HostileNames) from b in Gen.Elements(HostileNames) select a + b));

    /// <summary>Up to three headers with hostile values, and a content type when there is a body.</summary>
    public static Gen<List<(string Name, string Value)>> Headers(string? mediaType) =>
        from count in Gen.Choose(0, 3)
        from headers in Gen.ArrayOf(from name in Gen.Elements(HeaderNames) from value in HeaderValue(name) select (name, value), count)
        from type in Mixed((7, Gen.Constant(mediaType)), (3, Gen.Elements<string?>(MediaTypes)))
        select headers.DistinctBy(h => h.name).Append(("Content-Type", type!)).Where(h => h.Item2 is not null).Select(h => (h.Item1, h.Item2)).ToList();

    /// <summary>Damage to a JSON text: fields replaced, removed, doubled, texts cut, nesting, noise.</summary>
    public static Gen<byte[]> JsonFrom(string seed) => Mixed(
        (8, from times in Gen.Choose(1, 3)
            from places in Gen.ArrayOf(Gen.Choose(0, 10_000), times)
            from literals in Gen.ArrayOf(Gen.Elements(BadLiterals), times)
            select Encoding.UTF8.GetBytes(Replaced(seed, places, literals))),
        (2, from place in Gen.Choose(0, 10_000) select Encoding.UTF8.GetBytes(Unknown(seed, place))),
        (3, Damaged(Encoding.UTF8.GetBytes(seed))),
        (1, Gen.Elements(BadLiterals).Select(Encoding.UTF8.GetBytes)),
        (1, from n in Gen.Elements(33, 100, 10_000) from c in Gen.Elements("[", "{\"a\":", "[{\"a\":") select Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(c, n)))),
        (1, Gen.Constant<byte[]>([0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(seed)])),
        (1, Gen.Elements(Encoding.Unicode.GetBytes(seed), Encoding.UTF32.GetBytes(seed), Encoding.UTF8.GetBytes(seed + seed))),
        (1, Noise(300)));

    /// <summary>YAML with aliases, cycles, bombs, tags, tabs, and damage.</summary>
    public static Gen<byte[]> YamlFrom(string seed) => Mixed(
        (5, Damaged(Encoding.UTF8.GetBytes(seed))),
        (3, Gen.Elements(
            "a: &a [*a]\n", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n", "&a a: *a\n", "!!python/object/apply:os.system [ls]\n", "!<tag:x> y\n", "--- a\n--- b\n", "? [a]\n: b\n",
            "a:\n\t- b\n", "- - - - - - - -\n", "a: |\n  x\n b: y", "a: \"\\ud800\"", "%YAML 9.9\n---\na", "<<: {a: b}\n<<: {c: d}\n", "a: .nan\nb: .inf\n", "name: 0x7fffffffffffffffffff\n", "...\n...\n",
            "{a: [}", "a: 'b", "a: \"b", "@", "`", "%", "* ", "&", "!", "|", ">", "? ", "- ", ": ", "{", "[", ",", "a: b: c", "\u0085", "\u2028: \u2029", "a: 2024-99-99\n", "\0", "a\0: b").Select(Encoding.UTF8.GetBytes)),
        (1, from n in Gen.Elements(100, 1000, 10_000) from c in Gen.Elements("[", "{a: ", "- ", "? ", "{", "a:\n ") select Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(c, n)))),
        (1, from line in Gen.Elements(seed.Split('\n')) from n in Gen.Choose(2, 50) select Encoding.UTF8.GetBytes(seed + string.Concat(Enumerable.Repeat("\n" + line, n)))),
        (1, Noise(300)));

    /// <summary>Bytes cut, flipped, moved, doubled, filled up.</summary>
    public static Gen<byte[]> Damaged(byte[] seed) => Mixed(
        (2, Gen.Choose(0, seed.Length).Select(n => seed[..n])),
        (4, from times in Gen.Choose(1, 12)
            from changes in Gen.ArrayOf(from at in Gen.Choose(0, Math.Max(0, seed.Length - 1)) from to in Gen.Choose(0, 255) select (at, to), times)
            select Flipped(seed, changes)),
        (1, from a in Gen.Choose(0, seed.Length) from b in Gen.Choose(0, seed.Length) select (byte[])[.. seed[Math.Min(a, b)..], .. seed[..Math.Max(a, b)]]),
        (1, from at in Gen.Choose(0, seed.Length) from noise in Noise(64) select (byte[])[.. seed[..at], .. noise, .. seed[at..]]),
        (1, from at in Gen.Choose(0, seed.Length) from n in Gen.Choose(1, 2000) select (byte[])[.. seed[..at], .. new byte[n]]));

    /// <summary>CSV and gzip that nobody can read, a small bomb among it.</summary>
    public static Gen<byte[]> CsvFrom(byte[] seed) => Mixed(
        (4, Damaged(seed)),
        (3, Damaged(Zip(seed))),
        (3, Gen.Elements(
            "a\n", "a,a\n1,2\n", ",\n,\n", "\"a\n", "a,b\n1\n", "a\n\"x", "a;b\tc,d\n1\n", "\n\n\n", "a,b\n" + new string(',', 3000), new string('a', 70_000) + "\n1\n", "a\n" + new string('1', 70_000), "a\0b\n1\n",
            "a\n1e999\nNaN\nInfinity\n", "\u202ea\n1\n", "=cmd|' /C calc'!A0\n1\n", string.Join(',', Enumerable.Range(0, 2500).Select(i => $"c{i}")) + "\n").Select(Encoding.UTF8.GetBytes)),
        (1, Gen.Elements<byte[]>([0x1f, 0x8b], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], Zip(Zip(seed)), [.. Zip(seed), .. Zip(seed)], [0xff, 0xfe, 0x61, 0], [])),
        (1, Noise(2000)));

    /// <summary>Bytes that mean nothing.</summary>
    public static Gen<byte[]> Noise(int most) =>
        from n in Gen.Choose(0, most) from bytes in Gen.ArrayOf(Gen.Choose(0, 255).Select(i => (byte)i), n) select bytes;

    public static Gen<T> Mixed<T>(params (int Weight, Gen<T> Gen)[] parts) => Gen.Frequency(parts);

    /// <summary>Compressed line feeds that unfold to a thousand times their size.</summary>
    public static byte[] Bomb(int megabytes)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write("a,b\n"u8);
            var chunk = new byte[1 << 20];
            chunk.AsSpan().Fill((byte)'\n');
            for (var i = 0; i < megabytes; i++)
                gzip.Write(chunk);
        }

        return result.ToArray();
    }

    private static Gen<string> HeaderValue(string name) => Mixed(
        (6, Gen.Elements(HostileValues)),
        (1, Gen.Constant(name is "x-iml4e-unit" ? new string('u', 10_240) : "../x")),
        (1, Noise(60).Select(b => string.Concat(b.Where(c => c is >= 32 and not 127).Select(c => (char)c)))));

    private static Gen<string> Query => Mixed(
        (4, Gen.Constant("")),
        (4, from count in Gen.Choose(1, 3)
            from pairs in Gen.ArrayOf(from name in Gen.Elements(QueryNames) from value in Gen.Elements(HostileValues) select $"{name}={Uri.EscapeDataString(value)}", count)
            select "?" + string.Join('&', pairs)),
        (1, Gen.Elements("?", "?&", "?=", "?a", "?%", "?%00=%00", "?a=%zz", "?" + new string('a', 3000), "?a=b#c", "??", "?key=\u00fc")));

    private static Gen<string> Path(string template, IReadOnlyDictionary<string, string[]> known)
    {
        var result = Gen.Constant("");
        foreach (var segment in template.TrimStart('/').Split('/'))
        {
            var next = segment.StartsWith('{') ? Name(segment.Trim('{', '}'), known) : Mixed((30, Gen.Constant(segment)), (1, Gen.Elements(HostileNames)));
            var before = result;
            result = from a in before from b in next select $"{a}/{b}";
        }

        // A request line has no blanks in its target; the test of broken request lines is another one.
        return result.Select(t => t.Replace(" ", "%20", StringComparison.Ordinal));
    }

    // Replaces values of a JSON text by other texts, which need not be JSON.
    private static string Replaced(string seed, int[] places, string[] literals)
    {
        var root = JsonNode.Parse(seed)!;
        var marks = new List<string>();
        foreach (var place in places)
        {
            var all = new List<(JsonNode Parent, object Key)>();
            Collect(root, all);
            if (all.Count == 0)
                break;
            var (parent, key) = all[place % all.Count];
            var mark = JsonValue.Create($"mark{marks.Count}mark");
            marks.Add(mark.ToJsonString());
            if (key is string name)
                parent[name] = mark;
            else
                parent[(int)key] = mark;
        }

        var text = root.ToJsonString();
        for (var i = 0; i < marks.Count; i++)
            text = text.Replace(marks[i], literals[i], StringComparison.Ordinal);
        return text;
    }

    // Removes a value, or adds a field that nobody knows.
    private static string Unknown(string seed, int place)
    {
        var root = JsonNode.Parse(seed)!;
        var all = new List<(JsonNode Parent, object Key)>();
        Collect(root, all);
        var (parent, key) = all[place % all.Count];
        if (key is string name)
        {
            var map = parent.AsObject();
            if (place % 2 == 0)
                map.Remove(name);
            else
                map[name + "\u00e9"] = 1;
        }
        else
        {
            parent.AsArray().RemoveAt((int)key);
        }

        return root.ToJsonString();
    }

    private static void Collect(JsonNode node, List<(JsonNode, object)> all)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    all.Add((node, name));
                    if (value is not null)
                        Collect(value, all);
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    all.Add((node, i));
                    if (list[i] is { } item)
                        Collect(item, all);
                }

                break;
        }
    }

    private static byte[] Flipped(byte[] seed, (int At, int To)[] changes)
    {
        var copy = seed.ToArray();
        foreach (var (at, to) in changes)
        {
            if (at < copy.Length)
                copy[at] = (byte)to;
        }

        return copy;
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return result.ToArray();
    }
}
