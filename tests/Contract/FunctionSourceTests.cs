using System.Text.RegularExpressions;

namespace Iml4e.Tests.Contract;

/// <summary>The sources of the function app are the same for both flavours.</summary>
public sealed partial class FunctionSourceTests
{
    [Fact]
    public void No_source_but_Program_depends_on_the_flavour()
    {
        var sources = Repository.FunctionSources();
        Assert.NotEmpty(sources);
        foreach (var file in sources.Where(file => Path.GetFileName(file) != "Program.cs"))
            Assert.False(Conditional().IsMatch(File.ReadAllText(file)), $"{Path.GetRelativePath(Repository.Root, file)} has an #if");
    }

    [Fact]
    public void No_source_names_a_flavours_namespaces()
    {
        foreach (var file in Repository.FunctionSources())
            Assert.False(Flavoured().IsMatch(File.ReadAllText(file)), $"{Path.GetRelativePath(Repository.Root, file)} names a namespace of one flavour");
    }

    [Theory]
    [InlineData("  #if AZURE", true)]
    [InlineData("// an #if", false)]
    public void The_search_for_conditions_finds_them(string line, bool found) => Assert.Equal(found, Conditional().IsMatch(line));

    [Theory]
    [InlineData("using Microsoft.Azure.Functions.Worker;", true)]
    [InlineData("using Microsoft.DurableTask.Client;", true)]
    [InlineData("using X = Iml4e.LocalRuntime.Worker.FunctionAttribute;", true)]
    [InlineData("using Microsoft.Extensions.Hosting;", false)]
    public void The_search_for_namespaces_finds_them(string line, bool found) => Assert.Equal(found, Flavoured().IsMatch(line));

    [GeneratedRegex(@"^\s*#\s*(if|elif)\b", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Conditional();

    [GeneratedRegex(@"\b(Microsoft\.Azure\.Functions|Microsoft\.DurableTask|Iml4e\.LocalRuntime)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Flavoured();
}
