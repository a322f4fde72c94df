using System.Collections.Concurrent;
using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Iml4e.Analyzers;

/// <summary>The activities and orchestrators of a compilation by name, and whether what calls them fits.</summary>
internal sealed class FunctionTable(Compilation compilation)
{
    private readonly ConcurrentDictionary<string, IMethodSymbol> activities = new(System.StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, IMethodSymbol> orchestrators = new(System.StringComparer.OrdinalIgnoreCase);

    public void Add(IMethodSymbol method)
    {
        if (DurableTypes.FindParameter(method, DurableTypes.ActivityTrigger) is { } activity
            && DurableTypes.DurableName(method, activity, DurableTypes.ActivityTrigger, "Activity") is { } name)
        {
            activities[name] = method;
        }
        else if (Orchestrators.IsOrchestrator(method))
        {
            orchestrators[Orchestrators.NameOf(method)] = method;
        }
    }

    /// <summary>What is wrong with a call.</summary>
    public IEnumerable<Diagnostic> Check(FunctionCall call, string orchestrator)
    {
        if (!(call.IsActivity ? activities : orchestrators).TryGetValue(call.Name, out var method))
        {
            yield return Diagnostic.Create(Rules.UnknownFunction, call.Location, call.Name, orchestrator, call.IsActivity ? "activity" : "orchestrator");
            yield break;
        }

        if (!call.IsActivity)
            yield break;
        var taken = DurableTypes.FindParameter(method, DurableTypes.ActivityTrigger)!.Type;
        if (call.Input is { } input && !DurableTypes.IsActivityContext(taken) && !Fits(input, taken))
            yield return Diagnostic.Create(Rules.ActivityInput, call.Location, call.Name, orchestrator, Text(input), Text(taken));
        var given = Result(method);
        if (call.Output is { SpecialType: not SpecialType.System_Object } output && (given is null || !Fits(given, output)))
            yield return Diagnostic.Create(Rules.ActivityOutput, call.Location, call.Name, orchestrator, Text(output), given is null ? "nothing" : Text(given));
    }

    private bool Fits(ITypeSymbol from, ITypeSymbol to) => compilation.ClassifyConversion(from, to) is { Exists: true, IsImplicit: true };

    /// <summary>The type that a method gives, tasks taken off; null for none.</summary>
    private static ITypeSymbol? Result(IMethodSymbol method) => method.ReturnType switch
    {
        INamedTypeSymbol { Name: "Task" or "ValueTask", TypeArguments: var arguments } => arguments.Length == 1 ? arguments[0] : null,
        { SpecialType: SpecialType.System_Void } => null,
        var type => type,
    };

    private static string Text(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
}
