using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Iml4e.Inference;
using Iml4e.Tests.Integration.App;

namespace Iml4e.Tests.Integration.Serving.Conformance;

/// <summary>The conformance table and round trips of every datatype, over HTTP against the running app.</summary>
[Collection(AttackedAppCollection.Name)]
public sealed partial class ConformanceTests(AppStack app, ConformanceModels models) : IClassFixture<ConformanceModels>
{
    private const string LengthHeader = "Inference-Header-Content-Length";

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, ConformanceTable.Cases.Count)];

    [Theory]
    [MemberData(nameof(Indices))]
    public async Task Each_request_gets_exactly_its_answer(int index)
    {
        var row = ConformanceTable.Cases[index];
        var model = row.Model switch { "two" => models.Two, "inverse" => models.Reciprocal, var datatype => models.Identity(datatype) };
        var (verb, path) = (row.Request ?? "POST v2/models/{model}/infer").Split(' ', 2) is [var v, var p] ? (v, p) : throw new InvalidOperationException(row.Name);
        using var request = new HttpRequestMessage(new HttpMethod(verb), path.Replace("{model}", model, StringComparison.Ordinal));
        var sent = row with { Body = row.Body.Replace("{model}", model, StringComparison.Ordinal) };
        if (verb is not ("GET" or "DELETE"))
        {
            request.Content = new ByteArrayContent(sent.Bytes());
            if (row.ContentType is { } type)
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        if (row.Length is { } length)
            request.Headers.Add(LengthHeader, length == "auto" ? Encoding.UTF8.GetByteCount(sent.Body).ToString(CultureInfo.InvariantCulture) : length);
        if (row.Header?.Split(": ") is [var name, var value])
            request.Headers.Add(name, value);
        using var response = await app.Http.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        var text = Told(response, body);

        Assert.True(row.Status == (int)response.StatusCode, $"{row.Name}: {(int)response.StatusCode} {text}");
        if (row.Status == 200)
        {
            var (json, tail) = row.Expected.Split('|') is [var j, var t] ? (j, "|" + t) : (row.Expected, "");
            var (id, variant) = row.Id == "#outside" ? (null, "outside") : (row.Id, "champion");
            var echoed = id is null ? "" : $"\"id\":\"{id}\",";
            Assert.Equal(
                $$"""{"model_name":"{{model}}","model_version":"1",{{echoed}}"parameters":{"prediction_id":"*","variant":"{{variant}}"},"outputs":{{json}}}{{tail}}""", text);
            Assert.Equal(tail.Length > 0 ? "application/octet-stream" : "application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(body.Length, response.Content.Headers.ContentLength);
            return;
        }

        Assert.Equal(row.Expected.Replace("{model}", model, StringComparison.Ordinal), (string?)JsonNode.Parse(body)!["error"]);
        Assert.Single(JsonNode.Parse(body)!.AsObject());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        if (row.Status == 405)
            Assert.Equal(row.Expected["this address answers ".Length..], string.Join(", ", response.Content.Headers.Allow));
    }

    [Fact]
    public void The_table_is_long_enough() => Assert.True(ConformanceTable.Cases.Count >= 60, $"{ConformanceTable.Cases.Count} cases");

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_whatever_it_claims()
    {
        using var claimed = new HttpRequestMessage(HttpMethod.Post, $"v2/models/{models.Two}/infer") { Content = new ByteArrayContent(new byte[(64 << 20) + 1]) };
        claimed.Headers.ExpectContinue = true;
        using var chunked = new HttpRequestMessage(HttpMethod.Post, $"v2/models/{models.Two}/infer") { Content = new StreamContent(new MemoryStream(new byte[(64 << 20) + 1])) };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Headers.ExpectContinue = true;
        foreach (var request in new[] { claimed, chunked })
        {
            using var response = await app.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.NotEmpty((string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!);
        }
    }

    public static TheoryData<string> Datatypes => [.. Enum.GetValues<TensorDatatype>().Select(d => d.ToWire())];

    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task Every_datatype_survives_the_round_trip_bit_by_bit(string datatype)
    {
        var wire = Pattern(datatype);
        var count = datatype == "BYTES" ? 4 : wire.Length / TensorDatatypes.Parse(datatype).ElementSize();
        var head = $$$"""{"inputs":[{"name":"x","shape":[{{{count}}}],"datatype":"{{{datatype}}}","parameters":{"binary_data_size":{{{wire.Length}}}}}],"parameters":{"binary_data_output":true}}""";
        var binary = await InferAsync(datatype, [.. Encoding.UTF8.GetBytes(head), .. wire], head.Length);
        Assert.Equal(wire, binary.Tail);
        Assert.Equal(wire, (await InferAsync(datatype, [.. Encoding.UTF8.GetBytes(head.PadRight(head.Length + 3)), .. wire], head.Length + 3)).Tail);
        if (datatype is "FP16" or "BF16")
            return;

        // As JSON out of the model, as JSON into it again, and as bytes out: the bytes are those that went in first.
        var text = await InferAsync(datatype, [.. Encoding.UTF8.GetBytes(head.Replace("output\":true", "output\":false", StringComparison.Ordinal)), .. wire], head.Length + 1);
        var output = text.Json["outputs"]![0]!;
        var input = new JsonObject { ["name"] = "x", ["shape"] = output["shape"]!.DeepClone(), ["datatype"] = datatype, ["data"] = output["data"]!.DeepClone() };
        if (output["parameters"] is { } parameters)
            input["parameters"] = parameters.DeepClone();
        var again = new JsonObject { ["inputs"] = new JsonArray(input), ["parameters"] = new JsonObject { ["binary_data_output"] = true } };
        Assert.Equal(wire, (await InferAsync(datatype, Encoding.UTF8.GetBytes(again.ToJsonString()), null)).Tail);
    }

    // Bits of every kind, but finite numbers: JSON has no others.
    private static byte[] Pattern(string datatype)
    {
        var random = new Random(5);
        var size = TensorDatatypes.Parse(datatype).ElementSize();
        switch (datatype)
        {
            case "BOOL":
                return [.. Enumerable.Range(0, 999).Select(i => (byte)(i % 3 & 1))];
            case "BYTES":
                var strings = new byte[][] { [], "é"u8.ToArray(), [0xff, 0x00, 0xfe], new byte[300] };
                return [.. strings.SelectMany(s => BitConverter.GetBytes(s.Length).Concat(s))];
        }

        var bytes = new byte[1000 * size];
        random.NextBytes(bytes);
        for (var i = 0; i < 1000; i++)
        {
            var element = bytes.AsSpan(i * size, size);
            var finite = datatype switch
            {
                "FP32" => float.IsFinite(BinaryPrimitives.ReadSingleLittleEndian(element)),
                "FP64" => double.IsFinite(BinaryPrimitives.ReadDoubleLittleEndian(element)),
                _ => true,
            };
            if (!finite)
                element.Clear();
        }

        return bytes;
    }

    private static string Told(HttpResponseMessage response, byte[] body)
    {
        var head = response.Headers.TryGetValues(LengthHeader, out var lengths) ? int.Parse(lengths.Single(), CultureInfo.InvariantCulture) : body.Length;
        var text = PredictionId().Replace(Encoding.UTF8.GetString(body.AsSpan(0, head)), "\"prediction_id\":\"*\"");
        return lengths is null ? text : $"{text}|{Convert.ToHexString(body.AsSpan(head))}";
    }

    private async Task<(JsonNode Json, byte[] Tail)> InferAsync(string datatype, byte[] body, int? jsonLength)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"v2/models/{models.Identity(datatype)}/infer") { Content = new ByteArrayContent(body) };
        if (jsonLength is { } length)
            request.Headers.Add(LengthHeader, length.ToString(CultureInfo.InvariantCulture));
        using var response = await app.Http.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, Encoding.UTF8.GetString(answer));
        var head = response.Headers.TryGetValues(LengthHeader, out var lengths) ? int.Parse(lengths.Single(), CultureInfo.InvariantCulture) : answer.Length;
        return (JsonNode.Parse(answer.AsSpan(0, head))!, answer[head..]);
    }

    [GeneratedRegex("\"prediction_id\":\"[^\"]+\"")]
    private static partial Regex PredictionId();
}
