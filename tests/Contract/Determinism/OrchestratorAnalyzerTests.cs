using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Iml4e.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit.Abstractions;

namespace Iml4e.Tests.Contract.Determinism;

/// <summary>The analyser finds what orchestrators must not do, at its line and nothing else, in both flavours.</summary>
public sealed partial class OrchestratorAnalyzerTests(ITestOutputHelper output)
{
    public static TheoryData<string> Flavours => ["local", "azure"];

    [Theory, MemberData(nameof(Flavours))]
    public async Task WhatIsForbiddenIsFoundAtItsLineAndNothingElse(string flavour)
    {
        var expected = ForbiddenCode.Source.Split('\n')
            .SelectMany((line, index) => Rule().Matches(line).Select(match => (Line: index + 1, Rule: match.Value)))
            .Order()
            .ToList();
        var found = await AnalyseAsync(flavour, [("Forbidden.cs", ForbiddenCode.Source)]);
        foreach (var diagnostic in found)
            output.WriteLine(diagnostic.ToString());
        Assert.Equal(expected, found.Select(diagnostic => (Line: diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1, Rule: diagnostic.Id)).Order());
        Assert.Equal(new OrchestratorAnalyzer().SupportedDiagnostics.Select(rule => rule.Id), expected.Select(item => item.Rule).Distinct().Order());
    }

    [Theory, MemberData(nameof(Flavours))]
    public async Task WhatIsLegalIsNotFound(string flavour) => Assert.Empty(await AnalyseAsync(flavour, [("Legal.cs", LegalCode.Source)]));

    [Theory, MemberData(nameof(Flavours))]
    public async Task NothingIsFoundInTheProduct(string flavour) => Assert.Empty(await AnalyseAsync(flavour, Product()));

    [Fact]
    public async Task WhatIsPlantedInTheProductIsFound()
    {
        (string File, string Right, string Wrong, string Rule)[] plants =
        [
            ("ExperimentOrchestrator.cs", "new(context.CurrentUtcDateTime, TimeSpan.Zero)", "DateTimeOffset.UtcNow", "IML0001"),
            ("JobActivities.cs", "failure.IsCausedBy<JobInputException>()", "Environment.ProcessId > 0", "IML0010"),
            ("JobOrchestrator.cs", "new JobUnit(job, plan.UnitsDigest, next)", "new JobUnit(job, Guid.NewGuid().ToString(), next)", "IML0002"),
            ("RetrainOrchestrator.cs", "context.SetCustomStatus(\"training\");", "await Task.Delay(1);", "IML0004"),
        ];
        var sources = Product().ToList();
        foreach (var (file, right, wrong, _) in plants)
        {
            var place = sources.FindIndex(source => Path.GetFileName(source.File) == file);
            Assert.Contains(right, sources[place].Text, StringComparison.Ordinal);
            sources[place] = sources[place] with { Text = sources[place].Text.Replace(right, wrong, StringComparison.Ordinal) };
        }

        var found = await AnalyseAsync("azure", sources);
        Assert.Equal(
            plants.Select(plant => (plant.File, plant.Rule)),
            found.Select(diagnostic => (Path.GetFileName(diagnostic.Location.GetLineSpan().Path), diagnostic.Id)).Order());
    }

    [Fact]
    public async Task AClassBasedOrchestratorIsOneToo()
    {
        const string Source = """
            public sealed class Order : TaskOrchestrator<int, string>
            {
                private int runs;

                public override async Task<string> RunAsync(TaskOrchestrationContext context, int input)
                {
                    runs++;
                    return await context.CallActivityAsync<string>("Reserve", $"{input} {DateTime.Now}");
                }
            }
            """;
        var found = await AnalyseAsync("azure", [("Order.cs", Source)]);
        Assert.Equal(["IML0001", "IML0012", "IML0025"], found.Select(diagnostic => diagnostic.Id).Order());
        Assert.Contains("orchestrator 'Order'", found[0].GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MessagesNameTheConstructTheOrchestratorAndWhatToUseInstead()
    {
        var found = await AnalyseAsync("local", [("Forbidden.cs", ForbiddenCode.Source)]);
        var messages = found.Select(diagnostic => diagnostic.GetMessage(null)).ToList();
        Assert.Contains("'DateTime.Now' in the code of orchestrator 'Clocks' gives another time at each replay: use context.CurrentUtcDateTime", messages);
        Assert.Contains("'Guid.NewGuid' in the code of orchestrator 'Chance' gives another value at each replay: use context.NewGuid()", messages);
        Assert.Contains(
            "'Echo' in the code of orchestrator 'Loops' is an activity that is run in place, at each replay: use context.CallActivityAsync(nameof(Echo))",
            messages);
        Assert.Contains("'Count' in the code of orchestrator 'Mistakes' is called with an input of type 'string' and takes 'int'", messages);
        Assert.Contains("[OrchestrationTrigger] marks a parameter of type TaskOrchestrationContext, and not string", messages);
    }

    private static IEnumerable<(string File, string Text)> Product() => Repository.FunctionSources().Select(file => (file, File.ReadAllText(file)));

    private static async Task<ImmutableArray<Diagnostic>> AnalyseAsync(string flavour, IEnumerable<(string File, string Text)> sources)
    {
        var isProduct = sources.Any(source => Path.GetFileName(source.File) == "Program.cs");
        var compilation = FlavourCompilation.Create(
            sources,
            Path.Combine(Repository.Root, "functions", $"Flavour.{flavour}.props"),
            isProduct ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary);

        if (!isProduct)
            Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var failures = new List<string>();
        var analysis = new CompilationWithAnalyzers(
            compilation,
            [new OrchestratorAnalyzer()],
            new CompilationWithAnalyzersOptions(
                new AnalyzerOptions([]), (exception, _, _) => failures.Add(exception.ToString()), concurrentAnalysis: true, logAnalyzerExecutionTime: false));
        var found = await analysis.GetAnalyzerDiagnosticsAsync();
        Assert.Empty(failures);
        return found;
    }

    [GeneratedRegex("(?<=//.*)IML[0-9]{4}", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();
}
