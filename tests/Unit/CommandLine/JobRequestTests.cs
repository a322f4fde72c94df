using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Jobs;

namespace Iml4e.Tests.Unit.CommandLine;

public sealed class JobRequestTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: 1.5\nb: -2e3", """{"a":1.5,"b":-2000}""")]
    [InlineData("a: true\nb: no\nc: null\nd: ~", """{"a":true,"b":"no","c":null,"d":null}""")]
    [InlineData("a: \"1\"\nb: 'true'", """{"a":"1","b":"true"}""")]
    [InlineData("a: [1, x, {b: c}]", """{"a":[1,"x",{"b":"c"}]}""")]
    [InlineData("a: 2026-01-01\nb: 6h\nc: .inf", """{"a":"2026-01-01","b":"6h","c":".inf"}""")]
    [InlineData("{\"a\": {\"b\": [1, 2]}}", """{"a":{"b":[1,2]}}""")]
    public void Yaml_becomes_json(string yaml, string json) => Assert.Equal(json, YamlJson.Parse(yaml)!.ToJsonString());

    [Fact]
    public void An_empty_text_is_null() => Assert.Null(YamlJson.Parse("  \n# nothing\n"));

    [Theory]
    [InlineData("a: [1")]
    [InlineData("a: 1\na: 2")]
    [InlineData("--- 1\n--- 2")]
    [InlineData("? [1, 2]\n: 3")]
    public void What_is_not_one_plain_document_is_refused(string yaml) => Assert.Throws<RequestException>(() => YamlJson.Parse(yaml));

    [Fact]
    public void Aliases_that_multiply_are_refused()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 9; i++)
            text.Append(FormattableString.Invariant($"a{i}: &a{i} ["))
                .AppendJoin(", ", Enumerable.Repeat(FormattableString.Invariant($"*a{i - 1}"), 10)).Append("]\n");
        Assert.Contains("nodes", Assert.Throws<RequestException>(() => YamlJson.Parse(text.ToString())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "a=1", """{"a":1}""")]
    [InlineData("{}", "a.b.c=x", """{"a":{"b":{"c":"x"}}}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", "a.b=null", """{"a":{"b":null,"c":2}}""")]
    [InlineData("""{"l":[1,2]}""", "l[1]=5", """{"l":[1,5]}""")]
    [InlineData("""{"l":[1,2]}""", "l[2]=5", """{"l":[1,2,5]}""")]
    [InlineData("{}", "l[0].column=power", """{"l":[{"column":"power"}]}""")]
    [InlineData("{}", "f=[a, b]", """{"f":["a","b"]}""")]
    [InlineData("{}", "accept=mae <= 1.5", """{"accept":"mae <= 1.5"}""")]
    [InlineData("{}", "accept=a == b", """{"accept":"a == b"}""")]
    [InlineData("{}", "m[0][1]=3", null)]
    [InlineData("""{"l":[1]}""", "l[3]=5", null)]
    [InlineData("""{"a":1}""", "a.b=2", null)]
    [InlineData("""{"l":[1]}""", "l.x=2", null)]
    [InlineData("""{"a":{}}""", "a[0]=2", null)]
    [InlineData("{}", "a", null)]
    [InlineData("{}", "=1", null)]
    [InlineData("{}", "a..b=1", null)]
    [InlineData("{}", "[0]=1", null)]
    [InlineData("{}", "a[x]=1", null)]
    [InlineData("{}", "a[-1]=1", null)]
    [InlineData("{}", "a[99999999999]=1", null)]
    [InlineData("{}", "a[0=1", null)]
    public void Set_changes_one_value(string before, string assignment, string? after)
    {
        var document = JsonNode.Parse(before)!.AsObject();
        if (after is null)
            Assert.Throws<RequestException>(() => SetPath.Apply(document, assignment));
        else
        {
            SetPath.Apply(document, assignment);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(after), document), document.ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"status":"completed","accepted":true}""", 0)]
    [InlineData("""{"status":"completed"}""", 0)]
    [InlineData("""{"status":"completed","accepted":null}""", 0)]
    [InlineData("""{"status":"completed","accepted":false}""", 3)]
    [InlineData("""{"status":"failed","accepted":true}""", 1)]
    [InlineData("""{"status":"cancelled"}""", 1)]
    [InlineData("""{}""", 1)]
    public void Exit_codes_tell_how_a_job_ended(string job, int code) => Assert.Equal(code, ExitCodes.Of(JsonNode.Parse(job)!));

    [Fact]
    public void Resource_names_fit_and_depend_on_name_and_content()
    {
        var name = FileReferences.NameFor("/x/My data (v2).final.csv", "abc"u8);
        Assert.Matches("^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$", name);
        Assert.StartsWith("my-data-v2-final-", name, StringComparison.Ordinal);
        Assert.NotEqual(name, FileReferences.NameFor("/x/My data (v2).final.csv", "abd"u8));
        Assert.Matches("^file-[0-9a-f]{10}$", FileReferences.NameFor("ä.csv", "abc"u8));
        Assert.Matches("^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$", FileReferences.NameFor(new string('a', 47) + "--" + new string('b', 90), "abc"u8));
    }

    [Fact]
    public void Problem_details_become_readable()
    {
        var text = ProblemText.Describe(
            "PUT", "api/pipelines/x?key=secret", HttpStatusCode.BadRequest,
            """{"title":"Bad","detail":"The document is not valid.","errors":[{"path":"train.window","message":"must be at least 1"}]}"""u8);
        Assert.Equal("PUT /api/pipelines/x answered 400: The document is not valid.\n  train.window: must be at least 1", text);
        Assert.Equal(
            "GET /v2 answered 404: model 'x' is not known",
            ProblemText.Describe("GET", "v2", HttpStatusCode.NotFound, """{"error":"model 'x' is not known"}"""u8));
        Assert.Equal("GET / answered 502: <html>", ProblemText.Describe("GET", "", HttpStatusCode.BadGateway, "<html>"u8));
        Assert.Equal("GET / answered 500.", ProblemText.Describe("GET", "", HttpStatusCode.InternalServerError, default));
        Assert.Equal("GET / answered 500.", ProblemText.Describe("GET", "", HttpStatusCode.InternalServerError, """{"errors":7}"""u8));
    }
}
