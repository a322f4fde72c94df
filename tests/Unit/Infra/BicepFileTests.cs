namespace Iml4e.Tests.Unit.Infra;

/// <summary>The reader of Bicep files itself: what it lets through, the checks cannot see.</summary>
public sealed class BicepFileTests
{
    [Fact]
    public void Statements_references_and_paths_are_found()
    {
        var file = BicepFile.Parse("""
            targetScope = 'subscription' // a comment with listKeys('x')
            @description('not a param name: used')
            param used string
            param spare int = 3
            var list = [for item in items: { name: '${used}-${item.name}', on: flag ? a : b }]
            resource r 'A.B/c@2024-01-01' existing = if (list != []) { name: '''x ${used}''' }
            module m 'modules/m.bicep' = {
              params: { one: used, two: { three: 3 } }
            }
            output OUT string = m!.outputs.value.more
            """);
        Assert.Equal(["targetScope", "param", "param", "var", "resource", "module", "output"], file.Statements.Select(s => s.Kind));
        Assert.Equal(["spare"], file.Unused());
        Assert.True(file.Find("param", "spare").HasDefault);
        Assert.False(file.Find("param", "used").HasDefault);
        Assert.Equal(["one", "two"], file.Find("module", "m").Properties("params"));
        Assert.Contains("m.outputs.value.more", file.Find("output", "OUT").Paths());
        Assert.Contains("a", file.Find("var", "list").References());
        Assert.Equal("A.B/c@2024-01-01", file.Find("resource", "r").Target);
        Assert.Empty(file.Made());
        Assert.DoesNotContain("listKeys", file.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("param a string = 'x")]
    [InlineData("var a = [1, 2")]
    [InlineData("var a = 1]")]
    [InlineData("resuorce a 'b@1' = {}")]
    [InlineData("var a = '''x")]
    [InlineData("var a = #")]
    public void What_is_no_Bicep_is_refused(string text) => Assert.Throws<FormatException>(() => BicepFile.Parse(text));
}
