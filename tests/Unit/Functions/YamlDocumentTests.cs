using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Http;

namespace Iml4e.Tests.Unit.Functions;

public sealed class YamlDocumentTests
{
    [Fact]
    public void Reads_the_core_schema()
    {
        var node = Parse("""
            name: hq-heating
            window: 26280
            holdout: 0.2
            search: true
            nothing: ~
            quoted: "42"
            stages: [0.05, 0.25, 0.5]
            nested: { a: 1, b: [x, y] }
            """);
        Assert.Equal(
            """{"name":"hq-heating","window":26280,"holdout":0.2,"search":true,"nothing":null"""
                + ""","quoted":"42","stages":[0.05,0.25,0.5],"nested":{"a":1,"b":["x","y"]}}""",
            node!.ToJsonString());
    }

    [Theory]
    [InlineData("a: &x [1]\nb: *x", "anchors")]
    [InlineData("a: *x", "aliases")]
    [InlineData("a: !!binary aGk=", "tags")]
    [InlineData("a: 1\na: 2", "twice")]
    [InlineData("a: [1", "not valid YAML")]
    [InlineData("a: 1\n---\nb: 2", "more than one document")]
    [InlineData("? [a]\n: 1", "plain text")]
    public void Refuses_what_could_grow_loop_or_mislead(string yaml, string says)
    {
        var error = Assert.Throws<DocumentException>(() => Parse(yaml));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_deep_nesting_at_once()
    {
        Assert.Throws<DocumentException>(() => Parse(new string('[', 100_000)));
        Assert.Throws<DocumentException>(() => Parse(string.Concat(Enumerable.Range(0, 200).Select(i => new string(' ', i) + "a:\n"))));
    }

    [Fact]
    public void Lets_no_other_exception_escape()
    {
        Prop.ForAll(
            Gen.Elements(
                    "a: 1", "[", "]", "{", "}", ": ", "- ", "\n", "  ", "&a ", "*a", "!t ", "\"", "'", "|", ">", "#", "%YAML 1.2", "---", "...", "\t", "\0",
                    "é", "?", "0x1F", "1e999")
                .ListOf().Select(string.Concat).ToArbitrary(),
            text =>
            {
                try
                {
                    Parse(text);
                }
                catch (DocumentException)
                {
                    // The one that callers turn into problem details.
                }
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void JSON_with_two_fields_of_one_name_is_refused()
    {
        Assert.Throws<DocumentException>(() => RequestBody.Parse("""{"a":{"b":1,"b":2}}"""u8, "application/json"));
        Assert.Throws<DocumentException>(() => RequestBody.Parse("""{"a":1} x"""u8, "application/json"));
        Assert.Throws<DocumentException>(() => RequestBody.Parse("""{"a":"\ud800"}"""u8, "application/json"));
        Assert.Null(RequestBody.Parse("  \n"u8, null));
    }

    private static JsonNode? Parse(string yaml) => YamlDocument.Parse(Encoding.UTF8.GetBytes(yaml));
}
