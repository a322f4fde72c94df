using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;

namespace Iml4e.Tests.Unit.Inference.OpenInference;

public sealed class InferenceJsonTests
{
    private static readonly TensorMetadata X = new("x", TensorDatatype.FP32, [-1, 2]) { Symbols = ["N", null] };
    private static readonly TensorMetadata Y = new("y", TensorDatatype.FP32, [-1]);

    private static ModelMetadata Of(params TensorMetadata[] inputs) => new("onnx_onnxv1", inputs, [Y], new Dictionary<string, string>());

    private static ModelMetadata One(string wire) => Of(new TensorMetadata("x", TensorDatatypes.Parse(wire), [-1]));

    private static InferenceRequest Read(string json, ModelMetadata metadata) => InferenceJson.Read(Encoding.UTF8.GetBytes(json), metadata);

    private static string Write(bool nested, params Tensor[] outputs)
    {
        var buffer = new ArrayBufferWriter<byte>();
        InferenceJson.Write(buffer, new InferenceResponse("m", null, null, outputs), nested);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Input(string members) => "{\"inputs\":[{" + members + "}]}";

    [Fact]
    public void A_request_is_read_with_everything_in_it()
    {
        var request = Read(
            """
            {"id":"42","model_name":"m","parameters":{"timeout":1500,"nested":true,"ratio":0.5,"note":"n"},"extra":{"deep":[1,{"a":null}]},
             "inputs":[{"data":[[1,2.5],[-3e-1,0]],"name":"x","shape":[2,2],"datatype":"FP32","unknown":7}],"outputs":[{"name":"y","parameters":{"binary_data":false}}]}
            """,
            Of(X));
        Assert.Equal(("42", "m"), (request.Id, request.ModelName));
        Assert.Equal([1f, 2.5f, -0.3f, 0f], request.Inputs[0].Span<float>().ToArray());
        Assert.Equal([2L, 2L], request.Inputs[0].Shape);
        Assert.Equal(["y"], request.OutputNames);
        Assert.True(request.Nested);
        Assert.False(request.AnyBinaryOutput);
        Assert.Equal(TimeSpan.FromMicroseconds(1500), request.Timeout);
        Assert.Equal((0.5, "n"), ((double)request.Parameters!["ratio"], (string)request.Parameters["note"]));
    }

    [Theory]
    [InlineData("", "malformed JSON at line 1, byte 1")]
    [InlineData("{\"inputs\":", "malformed JSON at line 1, byte 11")]
    [InlineData("{\n\"inputs\":[NaN]}", "malformed JSON at line 2, byte 11")]
    [InlineData("{} {}", "malformed JSON at line 1, byte 4")]
    [InlineData("[]", "the request must be a JSON object")]
    [InlineData("null", "the request must be a JSON object")]
    [InlineData("{\"id\":\"\\ud800\"}", "malformed JSON: invalid text near byte 7")]
    [InlineData("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "malformed JSON: nested more than 16 deep")]
    [InlineData("{\"id\":7}", "'id' must be a string")]
    [InlineData("{}", "the request has no inputs")]
    [InlineData("{\"inputs\":[]}", "the request has no inputs")]
    [InlineData("{\"inputs\":{}}", "'inputs' must be an array")]
    [InlineData("{\"inputs\":[],\"inputs\":[]}", "'inputs' occurs twice")]
    [InlineData("{\"inputs\":[3]}", "inputs[0] must be an object")]
    [InlineData("{\"inputs\":[{\"shape\":[1]}]}", "inputs[0] has no name")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"shape\":[1]}]}", "input 'x' has no datatype")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\"}]}", "input 'x' has no shape")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1.5]}]}", "inputs[0].shape must be an array of integers")]
    [InlineData("{\"parameters\":{\"p\":null},\"inputs\":[]}", "parameter 'p' of the request must be a string, a number or a boolean")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]},{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]}", "input 'x' is given more than once")]
    [InlineData("{\"inputs\":[{\"name\":\"q\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]}", "input 'q' is unknown; the model's inputs: x")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP64\",\"shape\":[1,2],\"data\":[1,2]}]}", "input 'x': datatype 'FP64' is not the model's FP32")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"float\",\"shape\":[1,2],\"data\":[1,2]}]}", "input 'x': datatype 'float' is not the model's FP32")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2],\"data\":[1,2]}]}", "input 'x': shape [2] has 1 dimensions, the model's [-1,2] has 2")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]}", "input 'x': dimension 1 of shape [1,3] does not match the model's [-1,2]")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2],\"data\":[1,2]}]}", "input 'x': shape [-1,2] has a negative dimension")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[9223372036854775807,2],\"data\":[1,2]}]}", "input 'x': shape [9223372036854775807,2] has too many elements")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[3,2],\"data\":[1]}]}", "input 'x': shape [3,2] needs 6 elements, got 1")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2,3]}]}", "input 'x': shape [1,2] needs 2 elements, got 3")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2]}]}", "input 'x': 'data' is missing")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,[2]]}]}", "input 'x': the data mix nesting depths")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[[[1,2]]]}]}", "input 'x': the data are nested 3 deep; flat or as deep as shape [1,2] is right")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2,2],\"data\":[[1],[2,3,4]]}]}", "input 'x': an array at level 2 of the data has 1 elements, but the shape is [2,2]")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[{},2]}]}", "inputs[0].data must hold scalars and arrays only")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,null]}]}", "input 'x': element 1 is null, but FP32 needs a number")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,\"NaN\"]}]}", "input 'x': element 1 is a string, but FP32 needs a number")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[true,1]}]}", "input 'x': element 0 is a boolean, but FP32 needs a number")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,1e39]}]}", "input 'x': element 1 is out of range for FP32")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":{\"binary_data_size\":8}}]}", "input 'x': binary data need the header Inference-Header-Content-Length")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}],\"outputs\":[{\"name\":\"z\"}]}", "output 'z' is unknown; the model's outputs: y")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}],\"outputs\":[{\"name\":\"y\"},{\"name\":\"y\"}]}", "output 'y' is requested more than once")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}],\"outputs\":[{}]}", "outputs[0] has no name")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}],\"outputs\":3}", "'outputs' must be an array")]
    public void Wrong_requests_are_refused_with_these_words(string json, string message)
    {
        var refused = Assert.Throws<OpenInferenceException>(() => Read(json, Of(X)));
        Assert.Equal((400, message), (refused.Status, refused.Message));
    }

    [Theory]
    [InlineData("INT8", "[128]", "element 0 is out of range for INT8")]
    [InlineData("INT8", "[-129]", "element 0 is out of range for INT8")]
    [InlineData("UINT8", "[-1]", "element 0 is out of range for UINT8")]
    [InlineData("UINT8", "[1,256]", "element 1 is out of range for UINT8")]
    [InlineData("INT32", "[1.5]", "element 0 is not an integer")]
    [InlineData("INT64", "[1e-40]", "element 0 is not an integer")]
    [InlineData("INT64", "[9223372036854775808]", "element 0 is out of range for INT64")]
    [InlineData("UINT64", "[18446744073709551616]", "element 0 is out of range for UINT64")]
    [InlineData("UINT64", "[1e400]", "element 0 is out of range for UINT64")]
    [InlineData("INT16", "[true]", "element 0 is a boolean, but INT16 needs an integer")]
    [InlineData("INT16", "[\"1\"]", "element 0 is a string, but INT16 needs an integer")]
    [InlineData("BOOL", "[2]", "element 0 is a number, but BOOL needs true, false, 0 or 1")]
    [InlineData("BOOL", "[\"true\"]", "element 0 is a string, but BOOL needs true, false, 0 or 1")]
    [InlineData("BYTES", "[1]", "element 0 is a number, but BYTES needs a string")]
    [InlineData("BYTES", "[null]", "element 0 is null, but BYTES needs a string")]
    [InlineData("BYTES", "[\"\\udc00\"]", "element 0 is not valid UTF-8")]
    [InlineData("FP64", "[1e309]", "element 0 is out of range for FP64")]
    [InlineData("FP16", "[1]", "FP16 cannot be sent as JSON, send it as binary data")]
    [InlineData("BF16", "[1]", "BF16 cannot be sent as JSON, send it as binary data")]
    public void Elements_that_do_not_fit_are_refused(string wire, string data, string message)
    {
        var count = JsonNode.Parse(data)!.AsArray().Count;
        var json = Input($"\"name\":\"x\",\"datatype\":\"{wire}\",\"shape\":[{count}],\"data\":{data}");
        Assert.Equal("input 'x': " + message, Assert.Throws<OpenInferenceException>(() => Read(json, One(wire))).Message);
    }

    [Theory]
    [InlineData("INT32", "[3.0,1e3,-0]", "3,1000,0")]
    [InlineData("UINT64", "[18446744073709551615]", "18446744073709551615")]
    [InlineData("INT64", "[-9223372036854775808]", "-9223372036854775808")]
    [InlineData("BOOL", "[true,false,0,1]", "true,false,false,true")]
    [InlineData("FP64", "[1,0.1,5e-324]", "1,0.1,5E-324")]
    [InlineData("BYTES", "[\"a\\u00e9\\n\",\"\",\"é\"]", "aé\n,,é")]
    public void Elements_that_fit_are_taken(string wire, string data, string expected)
    {
        var count = JsonNode.Parse(data)!.AsArray().Count;
        var tensor = Read(Input($"\"name\":\"x\",\"datatype\":\"{wire}\",\"shape\":[{count}],\"data\":{data}"), One(wire)).Inputs[0];
        Assert.Equal(expected, string.Join(',', tensor.ToStrings()));
    }

    [Fact]
    public void Earlier_checks_win_whatever_the_order_in_the_text()
    {
        // Every input is wrong in a later way than the one before it was checked for.
        var metadata = Of(X, new TensorMetadata("z", TensorDatatype.Int64, [-1]) { Symbols = ["N"] });
        string Both(string x, string z, string rest = "") => $"{{\"outputs\":[{{\"name\":\"nope\"}}],\"inputs\":[{{\"name\":\"x\",{x}}},{{\"name\":\"z\",{z}}}]{rest}}}";
        string Message(string json) => Assert.Throws<OpenInferenceException>(() => Read(json, metadata)).Message;

        const string wrongCount = "\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1]";
        Assert.StartsWith("malformed JSON", Message(Both(wrongCount, "\"datatype\":\"INT64\",\"shape\":[1],\"data\":[0]", "!")), StringComparison.Ordinal);
        Assert.Equal("input 'z' is missing", Message(Input("\"name\":\"x\"," + wrongCount)));
        Assert.Equal("input 'z': datatype 'INT8' is not the model's INT64", Message(Both(wrongCount, "\"datatype\":\"INT8\",\"shape\":[1],\"data\":[0]")));
        Assert.Equal("input 'z': batch size 3 differs from 1 of input 'x'", Message(Both(wrongCount, "\"datatype\":\"INT64\",\"shape\":[3],\"data\":[0,0,0]")));
        const string negative = "\"datatype\":\"FP32\",\"shape\":[-1,2],\"data\":[1]";
        Assert.Equal("input 'x': shape [-1,2] has a negative dimension", Message(Both(negative, "\"datatype\":\"INT64\",\"shape\":[-1],\"data\":[1.5]")));
        Assert.Equal("input 'x': shape [1,2] needs 2 elements, got 1", Message(Both(wrongCount, "\"datatype\":\"INT64\",\"shape\":[1],\"data\":[1.5]")));
        Assert.Equal("input 'z': element 0 is not an integer", Message(Both(wrongCount.Replace("[1]", "[1,1]", StringComparison.Ordinal), "\"datatype\":\"INT64\",\"shape\":[1],\"data\":[1.5]")));
        Assert.Equal("output 'nope' is unknown; the model's outputs: y", Message(Both(wrongCount.Replace("[1]", "[1,1]", StringComparison.Ordinal), "\"datatype\":\"INT64\",\"shape\":[1],\"data\":[1]")));
    }

    [Fact]
    public void Batches_need_be_equal_only_where_the_model_calls_them_the_same()
    {
        var other = new TensorMetadata("z", TensorDatatype.FP32, [-1]) { Symbols = ["M"] };
        const string json = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]},{\"name\":\"z\",\"datatype\":\"FP32\",\"shape\":[3],\"data\":[1,2,3]}]}";
        Assert.Equal(2, Read(json, Of(X, other)).Inputs.Count);
        Assert.Throws<OpenInferenceException>(() => Read(json, Of(X, other with { Symbols = ["N"] })));
    }

    [Fact]
    public void Too_much_is_refused()
    {
        var tooLarge = new byte[InferenceLimits.MaximumBodyBytes + 1];
        Assert.Equal(413, Assert.Throws<OpenInferenceException>(() => InferenceJson.Read(tooLarge, Of(X))).Status);
        var many = string.Join(',', Enumerable.Range(0, 257).Select(i => $"{{\"name\":\"{i}\",\"datatype\":\"FP32\",\"shape\":[0],\"data\":[]}}"));
        Assert.Equal("more than 256 inputs", Assert.Throws<OpenInferenceException>(() => Read($"{{\"inputs\":[{many}]}}", Of(X))).Message);
    }

    [Fact]
    public void Scalars_empty_tensors_and_base64_are_read()
    {
        var scalar = Of(new TensorMetadata("x", TensorDatatype.FP32, []));
        Assert.Equal([5f], Read(Input("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[],\"data\":5"), scalar).Inputs[0].Span<float>().ToArray());
        Assert.Equal([5f], Read(Input("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[],\"data\":[5]"), scalar).Inputs[0].Span<float>().ToArray());
        Assert.Equal(0, Read(Input("\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[0,2],\"data\":[]"), Of(X)).Inputs[0].ElementCount);
        const string base64 = "\"name\":\"x\",\"datatype\":\"BYTES\",\"shape\":[1],\"parameters\":{\"content_type\":\"base64\"},\"data\":";
        Assert.Equal([0xff, 0x00], Read(Input(base64 + "[\"/wA=\"]"), One("BYTES")).Inputs[0].Bytes![0]);
        Assert.Equal("input 'x': element 0 is not valid base64", Assert.Throws<OpenInferenceException>(() => Read(Input(base64 + "[\"?\"]"), One("BYTES"))).Message);
    }

    [Fact]
    public void Answers_are_written_flat_or_nested()
    {
        var outputs = new[] { Tensor.FromFloats("y", [0.1f, 1f, 1e-10f, 3f], 2, 2), Tensor.FromBools("b", [true, false], 2), Tensor.FromStrings("s", ["é"], 1) };
        Assert.Equal(
            """{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[0.1,1,1E-10,3]},{"name":"b","datatype":"BOOL","shape":[2],"data":[true,false]},{"name":"s","datatype":"BYTES","shape":[1],"data":["\u00E9"]}]}""",
            Write(false, outputs));
        Assert.Contains("\"data\":[[0.1,1],[1E-10,3]]", Write(true, outputs), StringComparison.Ordinal);
        var buffer = new ArrayBufferWriter<byte>();
        InferenceJson.Write(buffer, new InferenceResponse("m", "3", "7", [], new Dictionary<string, object> { ["prediction_id"] = "p", ["cache_hit"] = true, ["n"] = 2L }), false);
        Assert.Equal("""{"model_name":"m","model_version":"3","id":"7","parameters":{"prediction_id":"p","cache_hit":true,"n":2},"outputs":[]}""", Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    [Fact]
    public void Numbers_that_json_lacks_become_null_and_are_told()
    {
        var json = JsonNode.Parse(Write(false, Tensor.FromFloats("y", [1f, float.NaN, float.NegativeInfinity], 3), Tensor.FromDoubles("z", [1], 1)))!;
        Assert.Equal("[1,null,null]", json["outputs"]![0]!["data"]!.ToJsonString());
        Assert.True((bool)json["outputs"]![0]!["parameters"]!["non_finite"]!);
        Assert.Null(json["outputs"]![1]!["parameters"]);
    }

    [Fact]
    public void Bytes_that_are_no_text_go_back_as_base64()
    {
        var output = JsonNode.Parse(Write(false, new Tensor("s", [[0xff, 0x00]], [1])))!["outputs"]![0]!;
        Assert.Equal(("base64", "/wA="), ((string?)output["parameters"]!["content_type"], (string?)output["data"]![0]));
    }

    [Theory]
    [InlineData(TensorDatatype.Bool)]
    [InlineData(TensorDatatype.UInt8)]
    [InlineData(TensorDatatype.UInt16)]
    [InlineData(TensorDatatype.UInt32)]
    [InlineData(TensorDatatype.UInt64)]
    [InlineData(TensorDatatype.Int8)]
    [InlineData(TensorDatatype.Int16)]
    [InlineData(TensorDatatype.Int32)]
    [InlineData(TensorDatatype.Int64)]
    [InlineData(TensorDatatype.FP32)]
    [InlineData(TensorDatatype.FP64)]
    public void Numbers_survive_the_way_through_json(TensorDatatype datatype)
    {
        var size = datatype.ElementSize();
        var property = Prop.ForAll<byte[], bool>((noise, nested) =>
        {
            var data = noise.AsSpan(0, noise.Length / (2 * size) * 2 * size).ToArray();
            if (datatype == TensorDatatype.Bool)
                data = Array.ConvertAll(data, b => (byte)(b & 1));
            var tensor = new Tensor("x", datatype, [data.Length / (2 * size), 2], data);
            if (datatype is TensorDatatype.FP32 or TensorDatatype.FP64 && !tensor.ToDoubles().All(double.IsFinite))
                return;
            var back = RoundTrip(tensor, nested);
            Assert.Equal(tensor.Shape, back.Shape);
            Assert.Equal(data, back.Data.ToArray());
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(64 * size), property);
    }

    [Fact]
    public void Texts_survive_the_way_through_json()
    {
        var property = Prop.ForAll<NonNull<string>[], bool>((texts, nested) =>
        {
            var strings = Array.ConvertAll(texts, t => Encoding.UTF8.GetBytes(t.Get));
            Assert.Equal(strings, RoundTrip(new Tensor("x", strings, [strings.Length, 1]), nested).Bytes);
        });
        Check.One(Config.QuickThrowOnFailure, property);
    }

    [Fact]
    public void Any_bytes_are_a_request_or_a_refusal()
    {
        var seed = Encoding.UTF8.GetBytes("{\"id\":\"a\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[[1,-2.5e3]]}],\"outputs\":[{\"name\":\"y\"}]}");
        var property = Prop.ForAll(Gen.ArrayOf(Gen.Zip(Gen.Choose(0, seed.Length - 1), Gen.Choose(0, 255))).ToArbitrary(), changes =>
        {
            var mutated = seed.ToArray();
            foreach (var (at, value) in changes)
                mutated[at] = (byte)value;
            try
            {
                Assert.Equal(2, InferenceJson.Read(mutated, Of(X)).Inputs[0].ElementCount);
            }
            catch (OpenInferenceException e)
            {
                Assert.Equal(400, e.Status);
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), property);
    }

    [Fact]
    public void Binary_inputs_follow_the_json()
    {
        // V7 of the specification: head of 151 bytes, 163 in all.
        var head = """{"inputs":[{"name":"x","shape":[3],"datatype":"FP32","parameters":{"binary_data_size":12}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}"""u8;
        byte[] body = [.. head, .. Convert.FromHexString("0000803f0000004000006040")];
        Assert.Equal((151, 163), (head.Length, body.Length));
        var request = InferenceJson.ReadBinary(body, 151, One("FP32"));
        Assert.Equal([1f, 2f, 3.5f], request.Inputs[0].Span<float>().ToArray());
        Assert.True(request.AnyBinaryOutput);

        string Refused(byte[] bytes, long length) => Assert.Throws<OpenInferenceException>(() => InferenceJson.ReadBinary(bytes, length, One("FP32"))).Message;
        Assert.Equal("1 bytes after the JSON belong to no input", Refused([.. body, 0], 151));
        Assert.Equal("input 'x': 'binary_data_size' must be an integer from 0 to 11, the bytes that are left", Refused(body[..^1], 151));
        Assert.Equal("Inference-Header-Content-Length 164 is not within the body of 163 bytes", Refused(body, 164));
        Assert.Equal("Inference-Header-Content-Length -1 is not within the body of 163 bytes", Refused(body, -1));
    }

    [Fact]
    public void Binary_strings_and_halves_are_those_of_the_specification()
    {
        // V6.
        var strings = BinaryTensors.Read("s", TensorDatatype.Bytes, [3], Convert.FromHexString("03000000666f6f0000000002000000c3a9"));
        Assert.Equal(["foo", "", "é"], strings.ToStrings());
        Assert.Equal([1, -2.5, 65504], BinaryTensors.Read("h", TensorDatatype.FP16, [3], Convert.FromHexString("003c00c1ff7b")).ToDoubles());
        var buffer = new ArrayBufferWriter<byte>();
        BinaryTensors.Write(buffer, strings);
        Assert.Equal("03000000666F6F0000000002000000C3A9", Convert.ToHexString(buffer.WrittenSpan));
        Assert.Equal(buffer.WrittenCount, BinaryTensors.Size(strings));
        Assert.Throws<OpenInferenceException>(() => BinaryTensors.Read("s", TensorDatatype.Bytes, [1], Convert.FromHexString("ffffffff00")));
        Assert.Throws<OpenInferenceException>(() => BinaryTensors.Read("s", TensorDatatype.Bytes, [1L << 40], new byte[8]));
        Assert.Throws<OpenInferenceException>(() => BinaryTensors.Read("s", TensorDatatype.Bytes, [1], Convert.FromHexString("0000000000")));
        Assert.Equal("input 'b': element 1 is 2, but BOOL needs 0 or 1", Assert.Throws<OpenInferenceException>(() => BinaryTensors.Read("b", TensorDatatype.Bool, [2], new byte[] { 1, 2 })).Message);
    }

    [Fact]
    public void Binary_answers_follow_the_json()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var length = InferenceJson.WriteBinary(
            buffer, new InferenceResponse("m", null, null, [Tensor.FromFloats("y", [6.5f], 1), Tensor.FromInt64s("z", [7], 1)]), false, name => name == "y");
        Assert.Equal(
            """{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}},{"name":"z","datatype":"INT64","shape":[1],"data":[7]}]}""",
            Encoding.UTF8.GetString(buffer.WrittenSpan[..(int)length]));
        Assert.Equal("0000D040", Convert.ToHexString(buffer.WrittenSpan[(int)length..]));
    }

    [Fact]
    public void A_raw_body_takes_its_shape_from_its_size()
    {
        var request = InferenceJson.ReadBinary(new byte[24], 0, Of(X));
        Assert.Equal([3L, 2L], request.Inputs[0].Shape);
        Assert.True(request.AnyBinaryOutput && request.IsBinary("y"));
        Assert.Equal(["abc"], InferenceJson.ReadBinary("abc"u8.ToArray(), 0, One("BYTES")).Inputs[0].ToStrings());
        Assert.Throws<OpenInferenceException>(() => InferenceJson.ReadBinary(new byte[20], 0, Of(X)));
        Assert.Throws<OpenInferenceException>(() => InferenceJson.ReadBinary(new byte[24], 0, Of(X, Y)));
        Assert.Throws<OpenInferenceException>(() => InferenceJson.ReadBinary(new byte[24], 0, Of(X with { Shape = [-1, -1] })));
    }

    [Fact]
    public void Half_precision_outputs_must_be_asked_for_as_binary()
    {
        var metadata = One("FP32") with { Outputs = [new TensorMetadata("h", TensorDatatype.FP16, [-1])] };
        const string input = "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]";
        Assert.Equal(
            "output 'h': FP16 cannot be returned as JSON, request it with the parameter binary_data",
            Assert.Throws<OpenInferenceException>(() => Read("{" + input + "}", metadata)).Message);
        Assert.True(Read("{\"parameters\":{\"binary_data_output\":true}," + input + "}", metadata).AnyBinaryOutput);
    }

    [Fact]
    public void Model_metadata_are_written()
    {
        var buffer = new ArrayBufferWriter<byte>();
        InferenceJson.WriteModelMetadata(buffer, "m", ["1", "2"], Of(X));
        Assert.Equal(
            """{"name":"m","versions":["1","2"],"platform":"onnx_onnxv1","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1]}]}""",
            Encoding.UTF8.GetString(buffer.WrittenSpan));
        buffer.ResetWrittenCount();
        InferenceJson.WriteError(buffer, "input 'x' is missing");
        Assert.Equal("input 'x' is missing", (string?)JsonNode.Parse(buffer.WrittenSpan)!["error"]);
    }

    [Fact]
    public void Predictions_are_picked_out_of_the_outputs()
    {
        var classes = PredictionOutputs.From([Tensor.FromInt64s("label", [2, 0], 2), Tensor.FromFloats("probabilities", [0.1f, 0.2f, 0.7f, 0.5f, 0.25f, 0.25f], 2, 3)]);
        Assert.Equal(["2", "0"], classes.Labels!);
        Assert.Equal((6, 3), (classes.Values!.Length, classes.RowLength));
        Assert.Equal([0.5, 0.25, 0.25], classes.Row(1).ToArray());
        var texts = PredictionOutputs.From([Tensor.FromStrings("label", ["ok"], 1)]);
        Assert.Equal(["ok"], texts.Labels!);
        Assert.Null(texts.Values);
        var regression = PredictionOutputs.From([Tensor.FromFloats("prediction", [1f, 2f], 2, 1)]);
        Assert.Null(regression.Labels);
        Assert.Equal([1.0, 2.0], regression.Values!);
    }

    private static Tensor RoundTrip(Tensor tensor, bool nested)
    {
        var outputs = JsonNode.Parse(Write(nested, tensor))!["outputs"]!.DeepClone();
        var request = new JsonObject { ["inputs"] = outputs }.ToJsonString();
        return Read(request, Of(new TensorMetadata("x", tensor.Datatype, tensor.Shape))).Inputs[0];
    }
}
