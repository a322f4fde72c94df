using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Iml4e.Tests.Contract;

/// <summary>Compilations against one flavour: the local runtime as it is, or the surface of the real packages, with no package of theirs at hand.</summary>
internal static class FlavourCompilation
{
    private const string ImplicitUsings =
        "global using System; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading;"
        + " global using System.Threading.Tasks; global using System.Collections.Generic;";

    // Read once, for they are many and large.
    private static readonly Lazy<List<MetadataReference>> Neutral = new(() => References(withLocalRuntime: false));

    private static readonly Lazy<(MetadataReference Assembly, IReadOnlyList<string> LeftOut)> Stubs = new(() =>
        (StubAssembly.Build(Neutral.Value, out var leftOut), leftOut));

    private static readonly Lazy<List<MetadataReference>> Local = new(() => References(withLocalRuntime: true));

    /// <summary>The lines of the real packages' surface that do not compile here.</summary>
    public static IReadOnlyList<string> LeftOut => Stubs.Value.LeftOut;

    /// <param name="sources">The sources.</param>
    /// <param name="flavour">The file Flavour.azure.props or Flavour.local.props whose global usings they have.</param>
    /// <param name="kind">What is made of them.</param>
    public static CSharpCompilation Create(IEnumerable<(string File, string Text)> sources, string flavour, OutputKind kind)
    {
        var isLocal = Path.GetFileName(flavour) == "Flavour.local.props";
        var parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var trees = sources.Select(source => CSharpSyntaxTree.ParseText(source.Text, parse, source.File)).ToList();
        trees.Add(CSharpSyntaxTree.ParseText(ImplicitUsings + Usings(flavour), parse));
        return CSharpCompilation.Create(
            "Flavoured",
            trees,
            isLocal ? Local.Value : [.. Neutral.Value, Stubs.Value.Assembly],
            new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    private static List<MetadataReference> References(bool withLocalRuntime)
        => [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is not ("Iml4e.Functions.dll" or "Iml4e.Tests.Contract.dll" or "Iml4e.Analyzers.dll")
                && (withLocalRuntime || Path.GetFileName(path) != "Iml4e.LocalRuntime.dll"))
            .Select(path => MetadataReference.CreateFromFile(path))];

    private static string Usings(string flavour)
        => string.Concat(XDocument.Load(flavour).Descendants("Using")
            .Select(use => use.Attribute("Alias") is { } alias
                ? $"global using {alias.Value} = {use.Attribute("Include")!.Value};"
                : $"global using {use.Attribute("Include")!.Value};"));
}
