using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Inference;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class PredictionWriterTests
{
    private const string Id = "m.01JGTEST00ABCDEFGH12345678";
    private static readonly LoggingDefaults Keyed = new() { MaskKey = Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef") };

    [Fact]
    public void A_line_reads_back_as_the_record_with_the_tensors_values()
    {
        var record = Record() with { Experiment = "exp-1", Unit = "bldg \"7\"", Variant = PredictionVariant.Challenger, Predicted = [1.5, double.NaN, double.NegativeInfinity], PredictedLabels = ["ä\n"] };
        var read = Read(
            record, null,
            Tensor.FromFloats("f", [0.1f, float.NaN, -2], 1, 3), Tensor.FromDoubles("d", [0.1, double.PositiveInfinity], 2), Tensor.FromInt64s("l", [long.MinValue], 1),
            new Tensor("b", [[0x61, 0xFF, 0x62], "é"u8.ToArray()], [2]), Tensor.FromBools("t", [true, false], 2), new Tensor("u", TensorDatatype.UInt64, [1], BitConverter.GetBytes(ulong.MaxValue)),
            Tensor.FromHalves("h", [(Half)0.5f], 1), new Tensor("g", TensorDatatype.BF16, [1], new byte[] { 0x80, 0x3F }), Tensor.FromUInt8s("e", [], 0));
        Assert.Equal((record.Id, record.At, record.Model, record.Version, record.Digest), (read.Id, read.At, read.Model, read.Version, read.Digest));
        Assert.Equal((record.Experiment, record.Variant, record.UnitHash, null, record.LatencyMs, record.Status), (read.Experiment, read.Variant, read.UnitHash, read.Unit, read.LatencyMs, read.Status));
        Assert.Equal(record.Predicted, read.Predicted);
        Assert.Equal(record.PredictedLabels, read.PredictedLabels);
        Assert.Null(read.Outputs);
        Assert.Equal(
            """
            [{"name":"f","datatype":"FP32","shape":[1,3],"data":[0.1,null,-2]},{"name":"d","datatype":"FP64","shape":[2],"data":[0.1,null]},{"name":"l","datatype":"INT64","shape":[1],"data":[-9223372036854775808]},{"name":"b","datatype":"BYTES","shape":[2],"data":["a\uFFFDb","\u00E9"]},{"name":"t","datatype":"BOOL","shape":[2],"data":[1,0]},{"name":"u","datatype":"UINT64","shape":[1],"data":[18446744073709551615]},{"name":"h","datatype":"FP16","shape":[1],"data":[0.5]},{"name":"g","datatype":"BF16","shape":[1],"data":[1]},{"name":"e","datatype":"UINT8","shape":[0],"data":[]}]
            """,
            read.Inputs!.ToJsonString());
    }

    [Fact]
    public void What_is_masked_is_neither_in_the_line_nor_in_its_digests()
    {
        LoggingPolicy policy = new()
        {
            Mask =
            [
                new FieldMask { Input = "person", With = MaskMethod.KeyedDigest }, new FieldMask { Input = "x", Columns = [1], With = MaskMethod.Drop },
                new FieldMask { Input = "year", With = MaskMethod.Digest }, new FieldMask { Input = "token", With = MaskMethod.Digest },
                new FieldMask { Field = FieldMask.Unit, With = MaskMethod.KeyedDigest },
            ],
        };
        Tensor[] Inputs(string person, float secret) =>
        [
            Tensor.FromStrings("person", [person, person, "Somebody Else"], 3, 1), Tensor.FromFloats("x", [1, secret, 3, 4, secret, 6], 2, 3),
            Tensor.FromInt64s("year", [1977], 1), Tensor.FromStrings("token", ["7f1de9bffc3249d6342950d5a9d1f414"], 1),
        ];
        var record = Record() with { Unit = "customer-4711" };
        var line = Line(record, policy, Inputs("Aino Virtanen", 77.25f));
        foreach (var secret in new[] { "Aino", "77.25", "1977", "7f1de9bffc", "4711", "customer", Convert.ToHexStringLower(SHA256.HashData("customer-4711"u8)), "Somebody" })
            Assert.DoesNotContain(secret, line, StringComparison.Ordinal);
        var inputs = JsonNode.Parse(line)!["inputs"]!;
        var people = inputs[0]!["data"]!.AsArray().Select(v => v!.GetValue<string>()).ToArray();
        Assert.Equal(people[0], people[1]);
        Assert.NotEqual(people[0], people[2]);
        Assert.Matches("^masked:[0-9a-f]{32}$", people[0]);
        Assert.Equal("[1,null,3,4,null,6]", inputs[1]!["data"]!.ToJsonString());
        Assert.Equal(2, inputs[1]!["masked"]!.GetValue<int>());
        Assert.Equal("[null]", inputs[2]!["data"]!.ToJsonString());
        Assert.Matches("^masked:[0-9a-f]{32}$", inputs[3]!["data"]![0]!.GetValue<string>());

        // A digest in the place of the values says nothing of the masked ones either: it is the same whatever they are.
        var digests = policy with { Inputs = new ContentPolicy { Log = ContentLogging.Digest } };
        var first = JsonNode.Parse(Line(record, digests, Inputs("Aino Virtanen", 77.25f)))!["inputs"]!;
        var second = JsonNode.Parse(Line(record, digests, Inputs("Matti Meikäläinen", 0)))!["inputs"]!;
        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        Assert.Null(first[0]!["sha256"]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Bytes(1, 3, 4, 6))), first[1]!["sha256"]!.GetValue<string>());

        // Without a key, or under another, nothing can be compared; in another model neither.
        Assert.Null(Read(record, policy with { Mask = [policy.Mask[4]] }, new LoggingDefaults()).UnitHash);
        var unit = Read(record, policy, Keyed).UnitHash;
        Assert.Equal(unit, Read(record, policy, Keyed).UnitHash);
        Assert.NotEqual(unit, Read(record with { Model = "n" }, policy, Keyed).UnitHash);
        Assert.NotEqual(unit, Read(record, policy, Keyed with { MaskKey = new byte[32] }).UnitHash);
    }

    [Fact]
    public void Inputs_and_outputs_are_kept_as_the_policy_says()
    {
        var record = Record() with { Predicted = [2] };
        Tensor[] inputs = [Tensor.FromFloats("x", [1, 2], 1, 2)];
        Tensor[] outputs = [Tensor.FromFloats("y", [2], 1)];
        var digest = Convert.ToHexStringLower(SHA256.HashData(Bytes(1, 2)));
        var unset = Read(record, null, Keyed, inputs, outputs);
        Assert.Equal("[1,2]", unset.Inputs![0]!["data"]!.ToJsonString());
        Assert.Equal([2], unset.Predicted!);
        Assert.Null(unset.Outputs);
        Assert.Equal(digest, Read(record, null, Keyed with { MaxElements = 1 }, inputs, outputs).Inputs![0]!["sha256"]!.GetValue<string>());
        var all = Read(record, Policy(ContentLogging.All, null), Keyed, inputs, outputs);
        Assert.Equal("[2]", all.Outputs![0]!["data"]!.ToJsonString());
        Assert.Equal([2], all.Predicted!);
        var none = Read(record, Policy(ContentLogging.Digest, null), Keyed, inputs, outputs);
        Assert.Equal((digest, null), (none.Inputs![0]!["sha256"]!.GetValue<string>(), none.Predicted));
        Assert.Null(none.Inputs[0]!["data"]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Bytes(2))), none.Outputs![0]!["sha256"]!.GetValue<string>());

        var sampled = 0;
        for (var i = 0; i < 2000; i++)
        {
            var one = record with { Id = $"m.01JGTEST00ABCDEFGH{i:D8}" };
            var read = Read(one, Policy(ContentLogging.Sampled, 0.25), Keyed, inputs, outputs);
            var isIn = PredictionSampling.Contains(one.Id, 0.25);
            Assert.Equal((isIn, isIn, isIn), (read.Inputs![0]!["data"] is not null, read.Outputs![0]!["data"] is not null, read.Predicted is not null));
            Assert.True(!isIn || PredictionSampling.Contains(one.Id, 0.5));
            sampled += isIn ? 1 : 0;
        }

        Assert.InRange(sampled, 420, 580);
        Assert.False(PredictionSampling.Contains(Id, 0));
        Assert.True(PredictionSampling.Contains(Id, 1));
    }

    [Fact]
    public void A_policy_that_cannot_be_kept_is_refused_with_the_path()
    {
        LoggingPolicy wrong = new()
        {
            Inputs = new ContentPolicy { Log = ContentLogging.Sampled }, Outputs = new ContentPolicy { Log = ContentLogging.All, Rate = 0.5 }, RetentionDays = 0,
            Mask =
            [
                new FieldMask { Input = "y" }, new FieldMask(), new FieldMask { Field = "id" }, new FieldMask { Input = "x", Columns = [-1] },
                new FieldMask { Input = "x", With = MaskMethod.KeyedDigest }, new FieldMask { Input = "x", Columns = [0, 2] },
            ],
        };
        Assert.Equal(
            ["inputs.rate", "outputs.rate", "retentionDays", "mask[0].input", "mask[1]", "mask[2].field", "mask[3].columns", "mask[4].with"],
            wrong.Problems(["x"], hasKey: false).Select(p => p.Path));
        Assert.Empty(new LoggingPolicy { Durability = Durability.Buffered, Mask = [new FieldMask { Field = "unit", With = MaskMethod.KeyedDigest }] }.Problems(null, hasKey: true));
    }

    private static LoggingPolicy Policy(ContentLogging log, double? rate) =>
        new() { Inputs = new ContentPolicy { Log = log, Rate = rate }, Outputs = new ContentPolicy { Log = log, Rate = rate } };

    private static byte[] Bytes(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static PredictionRecord Record() => new()
    {
        Id = Id, At = new DateTimeOffset(2026, 1, 5, 8, 0, 0, 123, TimeSpan.Zero), Model = "m", Version = "3", Digest = Digest.Of("m"u8), LatencyMs = 0.25,
    };

    private static PredictionRecord Read(PredictionRecord record, LoggingPolicy? policy, params Tensor[] inputs) => Parse(Line(record, policy, inputs));

    private static PredictionRecord Read(PredictionRecord record, LoggingPolicy? policy, LoggingDefaults defaults, Tensor[]? inputs = null, Tensor[]? outputs = null) =>
        Parse(Line(record, new PredictionContent(new LoggingPlan(policy, defaults), inputs, outputs)));

    private static PredictionRecord Parse(string line) => JsonSerializer.Deserialize(line, LogJson.Compact.PredictionRecord)!;

    private static string Line(PredictionRecord record, LoggingPolicy? policy, Tensor[] inputs) =>
        Line(record, new PredictionContent(new LoggingPlan(policy, Keyed), inputs, null));

    private static string Line(PredictionRecord record, PredictionContent content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
            PredictionWriter.Write(json, record, content, Omission.None);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
