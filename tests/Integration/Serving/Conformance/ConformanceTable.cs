namespace Iml4e.Tests.Integration.Serving.Conformance;

/// <summary>The conformance table of the REST surface: each rule of validation, both layouts of data, mixed and raw requests, the error table.</summary>
internal static class ConformanceTable
{
    private const string Z = """{"name":"z","shape":[1],"datatype":"INT64","data":[7]}""";
    private const string X = """{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2.5]}""";
    private const string Y = """{"name":"y","datatype":"FP32","shape":[1,2],"data":[1,2.5]}""";
    private const string W = """{"name":"w","datatype":"INT64","shape":[1],"data":[7]}""";
    private const string BinaryX = """{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}""";
    private const string HexX = "0000803F00002040";
    private const string BinaryY = """{"name":"y","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}""";

    internal static IReadOnlyList<ConformanceCase> Cases { get; } =
    [
        // Layouts and what is echoed.
        new("flat data", "two", Inputs(X, Z), 200, $"[{Y},{W}]"),
        new("nested data", "two", Inputs(X.Replace("[1,2.5]", "[[1,2.5]]", StringComparison.Ordinal), Z), 200, $"[{Y},{W}]"),
        new("nested answer", "two", Inputs(X, Z, ""","parameters":{"nested":true}"""), 200, $"[{Y.Replace("[1,2.5]", "[[1,2.5]]", StringComparison.Ordinal)},{W}]"),
        new("id is echoed", "two", Inputs(X, Z, ""","id":"é-42" """), 200, $"[{Y},{W}]") { Id = "\\u00E9-42" },
        new("inputs in another order", "two", Inputs(Z, X), 200, $"[{Y},{W}]"),
        new("one output", "two", Inputs(X, Z, ""","outputs":[{"name":"w"}]"""), 200, $"[{W}]"),
        new("outputs in the order asked for", "two", Inputs(X, Z, ""","outputs":[{"name":"w"},{"name":"y"}]"""), 200, $"[{W},{Y}]"),
        new("no outputs listed means all", "two", Inputs(X, Z, ""","outputs":[]"""), 200, $"[{Y},{W}]"),
        new("unknown members are passed over", "two", Inputs(X, Z, ""","extra":{"a":[1,{"b":null}]}"""), 200, $"[{Y},{W}]"),
        new("model_name that fits", "two", Inputs(X, Z, ""","model_name":"{model}" """), 200, $"[{Y},{W}]"),
        new("model_name that does not", "two", Inputs(X, Z, ""","model_name":"other" """), 400, "'model_name' in the body is not '{model}', the model that the address names"),
        new("version in the address", "two", Inputs(X, Z), 200, $"[{Y},{W}]") { Request = "POST v2/models/{model}/versions/1/infer", Id = "#outside" },
        new("no content type", "two", Inputs(X, Z), 200, $"[{Y},{W}]") { ContentType = null },
        new("content type with a charset", "two", Inputs(X, Z), 200, $"[{Y},{W}]") { ContentType = "application/json; charset=utf-8" },
        new("integers for FP32", "two", Inputs(X.Replace("[1,2.5]", "[1,2]", StringComparison.Ordinal), Z), 200, $"[{Y.Replace("2.5", "2", StringComparison.Ordinal)},{W}]"),
        new("3.0 and 1e3 are integers", "INT64", One("INT64", 2, "[3.0,1e3]"), 200, Out("INT64", 2, "[3,1000]")),
        new("an empty batch", "two", Inputs(X.Replace("[1,2]", "[0,2]", StringComparison.Ordinal).Replace("[1,2.5]", "[]", StringComparison.Ordinal), """{"name":"z","shape":[0],"datatype":"INT64","data":[]}"""), 200,
            """[{"name":"y","datatype":"FP32","shape":[0,2],"data":[]},{"name":"w","datatype":"INT64","shape":[0],"data":[]}]"""),
        new("true, false, 0 and 1 for BOOL", "BOOL", One("BOOL", 4, "[true,false,0,1]"), 200, Out("BOOL", 4, "[true,false,false,true]")),
        new("texts", "BYTES", One("BYTES", 2, """["a\"b",""]"""), 200, Out("BYTES", 2, """["a\u0022b",""]""")),
        new("base64", "BYTES", """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["/wA="]}]}""", 200,
            """[{"name":"y","datatype":"BYTES","shape":[1],"parameters":{"content_type":"base64"},"data":["/wA="]}]"""),
        new("non-finite numbers become null", "inverse", One("FP32", 2, "[0,2]"), 200, """[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"non_finite":true},"data":[null,0.5]}]"""),
        new("the shortest form that reads back", "FP32", One("FP32", 3, "[0.1,16777216,1e-10]"), 200, Out("FP32", 3, "[0.1,16777216,1E-10]")),
        new("a deadline far away", "two", Inputs(X, Z, ""","parameters":{"timeout":60000000}"""), 200, $"[{Y},{W}]") { Header = "timeout-ms: 60000" },

        // Binary tensors.
        new("binary in, JSON out", "two", Inputs(BinaryX, Z), 200, $"[{Y},{W}]") { Tail = HexX, Length = "auto" },
        new("JSON in, one binary output", "two", Inputs(X, Z, ""","outputs":[{"name":"y","parameters":{"binary_data":true}},{"name":"w"}]"""), 200, $"[{BinaryY},{W}]|{HexX}"),
        new("all outputs binary", "two", Inputs(X, Z, ""","parameters":{"binary_data_output":true}"""), 200,
            $"[{BinaryY}," + """{"name":"w","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}}]|""" + HexX + "0700000000000000"),
        new("all outputs binary but one", "two", Inputs(X, Z, ""","parameters":{"binary_data_output":true},"outputs":[{"name":"y"},{"name":"w","parameters":{"binary_data":false}}]"""), 200, $"[{BinaryY},{W}]|{HexX}"),
        new("both inputs binary, in the order of the JSON", "two", Inputs("""{"name":"z","shape":[1],"datatype":"INT64","parameters":{"binary_data_size":8}}""", BinaryX), 200, $"[{Y},{W}]")
            { Tail = "0700000000000000" + HexX, Length = "auto", ContentType = "application/octet-stream" },
        new("non-finite numbers in binary", "inverse", One("FP32", 1, "[0]", ""","parameters":{"binary_data_output":true}"""), 200,
            """[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]|0000807F"""),
        new("V7", "FP32", """{"inputs":[{"name":"x","shape":[3],"datatype":"FP32","parameters":{"binary_data_size":12}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""", 200,
            """[{"name":"y","datatype":"FP32","shape":[3],"parameters":{"binary_data_size":12}}]|0000803F0000004000006040""") { Tail = "0000803F0000004000006040", Length = "151" },
        new("V6: texts", "BYTES", """{"inputs":[{"name":"x","shape":[3],"datatype":"BYTES","parameters":{"binary_data_size":17}}],"parameters":{"binary_data_output":true}}""", 200,
            """[{"name":"y","datatype":"BYTES","shape":[3],"parameters":{"binary_data_size":17}}]|03000000666F6F0000000002000000C3A9""") { Tail = "03000000666F6F0000000002000000C3A9", Length = "auto" },
        new("V6: halves", "FP16", """{"inputs":[{"name":"x","shape":[3],"datatype":"FP16","parameters":{"binary_data_size":6}}],"parameters":{"binary_data_output":true}}""", 200,
            """[{"name":"y","datatype":"FP16","shape":[3],"parameters":{"binary_data_size":6}}]|003C00C1FF7B""") { Tail = "003C00C1FF7B", Length = "auto" },
        new("raw", "FP32", "", 200, """[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]|""" + HexX) { Tail = HexX, Length = "0", ContentType = "application/octet-stream" },
        new("raw text", "BYTES", "foo", 200, """[{"name":"y","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":7}}]|03000000666F6F""") { Length = "0" },
        new("raw that does not divide", "FP32", "", 400, "input 'x': 3 bytes cannot be divided into shape [-1] of FP32") { Tail = "000000", Length = "0" },
        new("raw for two inputs", "two", "", 400, "a raw request needs a model of one input; this one has 2") { Tail = HexX, Length = "0" },
        new("binary without the header", "two", Inputs(BinaryX, Z), 400, "input 'x': binary data need the header Inference-Header-Content-Length"),
        new("data and size", "two", Inputs(BinaryX.Replace("\"binary", "\"a\":1,\"binary", StringComparison.Ordinal).Replace("}}", "},\"data\":[1,2]}", StringComparison.Ordinal), Z), 400,
            "input 'x': 'data' and 'binary_data_size' exclude each other") { Tail = HexX, Length = "auto" },
        new("bytes too many", "two", Inputs(BinaryX, Z), 400, "1 bytes after the JSON belong to no input") { Tail = HexX + "00", Length = "auto" },
        new("bytes too few", "two", Inputs(BinaryX, Z), 400, "input 'x': 'binary_data_size' must be an integer from 0 to 7, the bytes that are left") { Tail = HexX[2..], Length = "auto" },
        new("size that is not the shape's", "two", Inputs(BinaryX.Replace("8}", "4}", StringComparison.Ordinal), Z), 400, "input 'x': shape [1,2] of FP32 needs 8 bytes, got 4") { Tail = "00000000", Length = "auto" },
        new("header beyond the body", "two", Inputs(X, Z), 400, "Inference-Header-Content-Length 9999 is not within the body of 127 bytes") { Length = "9999" },
        new("header that is no number", "two", Inputs(X, Z), 400, "header Inference-Header-Content-Length must be the number of bytes of the JSON part") { Length = "12a" },
        new("negative header", "two", Inputs(X, Z), 400, "header Inference-Header-Content-Length must be the number of bytes of the JSON part") { Length = "-1" },
        new("BOOL beyond 1", "BOOL", """{"inputs":[{"name":"x","shape":[2],"datatype":"BOOL","parameters":{"binary_data_size":2}}]}""", 400, "input 'x': element 1 is 2, but BOOL needs 0 or 1") { Tail = "0102", Length = "auto" },
        new("a text longer than the data", "BYTES", """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}""", 400, "input 'x': element 0 is longer than the data") { Tail = "0200000041", Length = "auto" },
        new("texts too few", "BYTES", """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":10}}]}""", 400, "input 'x': 5 bytes are left over after 1 elements") { Tail = "01000000410100000042", Length = "auto" },
        new("FP16 as JSON", "FP16", One("FP16", 1, "[1]"), 400, "input 'x': FP16 cannot be sent as JSON, send it as binary data"),
        new("FP16 wanted as JSON", "FP16", """{"inputs":[{"name":"x","shape":[1],"datatype":"FP16","parameters":{"binary_data_size":2}}]}""", 400, "output 'y': FP16 cannot be returned as JSON, request it with the parameter binary_data") { Tail = "003C", Length = "auto" },
        new("BF16 as JSON", "BF16", One("BF16", 1, "[1]"), 400, "input 'x': BF16 cannot be sent as JSON, send it as binary data"),

        // Validation, in its order.
        new("nothing", "two", "", 400, "malformed JSON at line 1, byte 1"),
        new("half a request", "two", """{"inputs":""", 400, "malformed JSON at line 1, byte 11"),
        new("NaN", "two", Inputs(X.Replace("2.5", "NaN", StringComparison.Ordinal), Z), 400, "malformed JSON at line 1, byte 66"),
        new("text after the end", "two", Inputs(X, Z) + "x", 400, "malformed JSON at line 1, byte 128"),
        new("no object", "two", "[]", 400, "the request must be a JSON object"),
        new("nested too deeply", "two", """{"a":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}""", 400, "malformed JSON: nested more than 16 deep"),
        new("no inputs", "two", "{}", 400, "the request has no inputs"),
        new("empty inputs", "two", """{"inputs":[]}""", 400, "the request has no inputs"),
        new("inputs no list", "two", """{"inputs":{}}""", 400, "'inputs' must be an array"),
        new("too many inputs", "two", "{\"inputs\":[" + string.Join(',', Enumerable.Repeat(Z, 257)) + "]}", 400, "more than 256 inputs"),
        new("input twice", "two", Inputs(X, X), 400, "input 'x' is given more than once"),
        new("unknown input", "two", Inputs(X, Z.Replace("\"z\"", "\"q\"", StringComparison.Ordinal)), 400, "input 'q' is unknown; the model's inputs: x, z"),
        new("missing input", "two", Inputs(X), 400, "input 'z' is missing"),
        new("other datatype", "two", Inputs(X.Replace("FP32", "FP64", StringComparison.Ordinal), Z), 400, "input 'x': datatype 'FP64' is not the model's FP32"),
        new("unknown datatype", "two", Inputs(X.Replace("FP32", "fp32", StringComparison.Ordinal), Z), 400, "input 'x': datatype 'fp32' is not the model's FP32"),
        new("other rank", "two", Inputs(X.Replace("[1,2]", "[2]", StringComparison.Ordinal), Z), 400, "input 'x': shape [2] has 1 dimensions, the model's [-1,2] has 2"),
        new("other dimension", "two", Inputs(X.Replace("[1,2]", "[1,3]", StringComparison.Ordinal), Z), 400, "input 'x': dimension 1 of shape [1,3] does not match the model's [-1,2]"),
        new("other batch", "two", Inputs(X, Z.Replace("[1]", "[2]", StringComparison.Ordinal)), 400, "input 'z': batch size 2 differs from 1 of input 'x'"),
        new("negative dimension", "FP32", One("FP32", -1, "[1]"), 400, "input 'x': shape [-1] has a negative dimension"),
        new("elements too few", "two", Inputs(X.Replace("[1,2.5]", "[1]", StringComparison.Ordinal), Z), 400, "input 'x': shape [1,2] needs 2 elements, got 1"),
        new("the protocol's own example", "BOOL", One("BOOL", 3, "[true]"), 400, "input 'x': shape [3] needs 3 elements, got 1"),
        new("more elements than there are bytes in the world", "FP32", One("FP32", 9223372036854775807, "[1]"), 400, "input 'x': shape [9223372036854775807] needs 9223372036854775807 elements, got 1"),
        new("no data", "two", Inputs(X.Replace(",\"data\":[1,2.5]", "", StringComparison.Ordinal), Z), 400, "input 'x': 'data' is missing"),
        new("mixed depths", "two", Inputs(X.Replace("[1,2.5]", "[1,[2.5]]", StringComparison.Ordinal), Z), 400, "input 'x': the data mix nesting depths"),
        new("other depth", "two", Inputs(X.Replace("[1,2.5]", "[[[1,2.5]]]", StringComparison.Ordinal), Z), 400, "input 'x': the data are nested 3 deep; flat or as deep as shape [1,2] is right"),
        new("other lengths", "two", Inputs("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1],[2,3,4]]}""", """{"name":"z","shape":[2],"datatype":"INT64","data":[1,2]}"""), 400,
            "input 'x': an array at level 2 of the data has 1 elements, but the shape is [2,2]"),
        new("a fraction for an integer", "INT64", One("INT64", 1, "[1.5]"), 400, "input 'x': element 0 is not an integer"),
        new("beyond INT8", "INT8", One("INT8", 2, "[-128,128]"), 400, "input 'x': element 1 is out of range for INT8"),
        new("below UINT64", "UINT64", One("UINT64", 1, "[-1]"), 400, "input 'x': element 0 is out of range for UINT64"),
        new("beyond FP32", "FP32", One("FP32", 1, "[1e39]"), 400, "input 'x': element 0 is out of range for FP32"),
        new("a text for a number", "FP32", One("FP32", 1, """["1"]"""), 400, "input 'x': element 0 is a string, but FP32 needs a number"),
        new("null for a number", "FP64", One("FP64", 1, "[null]"), 400, "input 'x': element 0 is null, but FP64 needs a number"),
        new("true for an integer", "INT32", One("INT32", 1, "[true]"), 400, "input 'x': element 0 is a boolean, but INT32 needs an integer"),
        new("2 for BOOL", "BOOL", One("BOOL", 1, "[2]"), 400, "input 'x': element 0 is a number, but BOOL needs true, false, 0 or 1"),
        new("a number for BYTES", "BYTES", One("BYTES", 1, "[1]"), 400, "input 'x': element 0 is a number, but BYTES needs a string"),
        new("not base64", "BYTES", """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["?"]}]}""", 400, "input 'x': element 0 is not valid base64"),
        new("unknown output", "two", Inputs(X, Z, ""","outputs":[{"name":"nope"}]"""), 400, "output 'nope' is unknown; the model's outputs: y, w"),
        new("output twice", "two", Inputs(X, Z, ""","outputs":[{"name":"y"},{"name":"y"}]"""), 400, "output 'y' is requested more than once"),
        new("id no text", "two", Inputs(X, Z, ""","id":7"""), 400, "'id' must be a string"),
        new("null parameter", "two", Inputs(X, Z, ""","parameters":{"p":null}"""), 400, "parameter 'p' of the request must be a string, a number or a boolean"),
        new("a shape of fractions", "two", Inputs(X.Replace("[1,2]", "[1.5,2]", StringComparison.Ordinal), Z), 400, "inputs[0].shape must be an array of integers"),
        new("timeout no integer", "two", Inputs(X, Z, ""","parameters":{"timeout":"soon"}"""), 400, "parameter 'timeout' must be an integer of microseconds between 0 (none) and 86400000000"),
        new("timeout-ms no number", "two", Inputs(X, Z), 400, "header timeout-ms must be a number of milliseconds between 0 and 86400000") { Header = "timeout-ms: soon" },

        // The error table.
        new("deadline that has passed", "two", Inputs(X, Z, ""","parameters":{"timeout":1}"""), 504, "the deadline was exceeded"),
        new("unknown model", "two", Inputs(X, Z), 404, "model 'nobody' is not known") { Request = "POST v2/models/nobody/infer" },
        new("a name that no model can have", "two", Inputs(X, Z), 404, "model 'No Body' is not known") { Request = "POST v2/models/No%20Body/infer" },
        new("unknown version", "two", Inputs(X, Z), 404, "model '{model}' has no version '9'") { Request = "POST v2/models/{model}/versions/9/infer" },
        new("unknown address", "two", "", 404, "nothing is served at this address") { Request = "POST v2/models/{model}/guess" },
        new("wrong verb", "two", "", 405, "this address answers POST") { Request = "GET v2/models/{model}/infer" },
        new("wrong verb for a version", "two", "", 405, "this address answers POST") { Request = "DELETE v2/models/{model}/versions/1/infer" },
        new("wrong verb for metadata", "two", "{}", 405, "this address answers GET, HEAD") { Request = "PUT v2/models/{model}" },
        new("wrong content type", "two", Inputs(X, Z), 415, "the content type must be application/json or application/octet-stream") { ContentType = "text/xml" },
        new("files in a load", "two", """{"parameters":{"config":"{}","file:1/model.onnx":"AA=="}}""", 501, "files are not loaded this way: register the ONNX file with PUT /api/models/{name}/versions, then load the model")
            { Request = "POST v2/repository/models/{model}/load" },
    ];

    private static string Inputs(string first, string second = "", string more = "") => $$"""{"inputs":[{{first}}{{(second.Length == 0 ? "" : ",")}}{{second}}]{{more}}}""";

    private static string One(string datatype, long count, string data, string more = "") =>
        $$"""{"inputs":[{"name":"x","shape":[{{count}}],"datatype":"{{datatype}}","data":{{data}}}]{{more}}}""";

    private static string Out(string datatype, int count, string data) => $$"""[{"name":"y","datatype":"{{datatype}}","shape":[{{count}}],"data":{{data}}}]""";
}
