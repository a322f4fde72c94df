using System.Reflection;
using System.Xml.Linq;

namespace Iml4e.Tests.Unit.Architecture;

/// <summary>The direction of dependencies, and what each part may know of.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Microsoft.ML.OnnxRuntime"] = [],
        ["Iml4e.Inference"] = ["Microsoft.ML.OnnxRuntime"],
        ["Iml4e.Learning"] = ["Iml4e.Inference"],
        ["Iml4e.Catalog"] = ["Iml4e.Inference"],
        ["Iml4e.Reporting"] = [],
        ["Iml4e.Assessment"] = ["Iml4e.Learning", "Iml4e.Reporting"],
        ["Iml4e.LocalRuntime"] = [],
        ["Iml4e.LocalRuntime.Testing"] = ["Iml4e.LocalRuntime"],
        ["Iml4e.CommandLine"] = ["Iml4e.Assessment"],
        ["Iml4e.Analyzers"] = [],
        ["Iml4e.Functions"] = ["Iml4e.Assessment", "Iml4e.Catalog", "Iml4e.Reporting", "Iml4e.LocalRuntime", "Iml4e.Analyzers"],
    };

    /// <summary>Core parts that know nothing of HTTP, of Functions and of durable orchestrations.</summary>
    public static TheoryData<string> PureParts => ["Iml4e.Inference", "Iml4e.Learning", "Iml4e.Catalog", "Iml4e.Assessment"];

    [Fact]
    public void Projects_reference_only_what_the_design_allows()
    {
        var wrong = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in ProjectFiles("core").Concat(ProjectFiles("functions")))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            seen.Add(name);
            Assert.True(Allowed.ContainsKey(name), $"{name} is not in the design");
            foreach (var reference in References(file))
            {
                if (!Allowed[name].Contains(reference))
                    wrong.Add($"{name} -> {reference}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(PureParts))]
    public void Pure_parts_know_nothing_of_HTTP_and_hosting(string part)
    {
        var references = Assembly.Load(part).GetReferencedAssemblies().Select(a => a.Name!);
        Assert.DoesNotContain(references, r => r.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || r == "Iml4e.LocalRuntime"
            || r == "Microsoft.Extensions.Hosting");
    }

    [Fact]
    public void The_pure_techniques_know_nothing_of_storage()
    {
        foreach (var part in (string[])["Iml4e.Inference", "Iml4e.Learning", "Iml4e.Assessment", "Iml4e.Reporting"])
            Assert.DoesNotContain(Assembly.Load(part).GetReferencedAssemblies(), r => r.Name!.StartsWith("Azure.", StringComparison.Ordinal));
    }

    [Fact]
    public void The_top_level_has_only_the_folders_of_the_design()
    {
        string[] allowed =
        [
            "core", "functions", "infra", "tests", ".ci", ".git", ".iml4e", "node_modules", "publish", "TestResults", "BenchmarkDotNet.Artifacts",
            ".vs", ".idea",
        ];
        var there = Directory.EnumerateDirectories(Root()).Select(d => Path.GetFileName(d)!);
        Assert.All(there, d => Assert.Contains(d, allowed));
    }

    private static IEnumerable<string> ProjectFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.csproj", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static IEnumerable<string> References(string project)
    {
        var files = new List<string> { project };
        files.AddRange(Directory.EnumerateFiles(Path.GetDirectoryName(project)!, "Flavour.*.props"));
        return files.SelectMany(f => XDocument.Load(f).Descendants("ProjectReference"))
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Iml4e.Serverless.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The tests run outside of the repository.");
    }
}
