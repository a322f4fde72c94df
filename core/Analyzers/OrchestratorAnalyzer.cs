using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Iml4e.Analyzers;

/// <summary>
/// Finds in the code of orchestrators, and in all code of the same assembly that they run, what would not do the same at a replay. It knows the real packages
/// of Durable Functions and the local runtime alike.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class OrchestratorAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => Rules.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(Start);
    }

    private static void Start(CompilationStartAnalysisContext start)
    {
        var compilation = start.Compilation;
        if (!DurableTypes.AreKnownTo(compilation))
            return;
        var code = new OrchestratorCode();
        var banned = new BannedApis(compilation);
        var classes = new FunctionClasses();
        var functions = new FunctionTable(compilation);
        var bindings = new ConcurrentBag<Diagnostic>();
        start.RegisterSymbolAction(
            context =>
            {
                var method = (IMethodSymbol)context.Symbol;
                functions.Add(method);
                foreach (var wrong in Orchestrators.CheckBindings(method))
                    bindings.Add(wrong);
                if (Orchestrators.IsOrchestrator(method))
                    code.AddOrchestrator(Orchestrators.NameOf(method), method);
            },
            SymbolKind.Method);
        start.RegisterOperationBlockAction(
            context => new BodyWalker(compilation, code, banned, classes).Walk(context.OwningSymbol.OriginalDefinition, context.OperationBlocks));
        start.RegisterCompilationEndAction(end =>
        {
            foreach (var wrong in bindings)
                end.ReportDiagnostic(wrong);
            code.Report(functions, end.ReportDiagnostic);
        });
    }
}
