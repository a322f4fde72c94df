using System.Collections.Concurrent;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>Which types have orchestrators: what an object of theirs holds is another at each replay.</summary>
internal sealed class FunctionClasses
{
    private readonly ConcurrentDictionary<ISymbol, bool> known = new(SymbolEqualityComparer.Default);

    public bool HasOrchestrator(INamedTypeSymbol? type) => type is not null && known.GetOrAdd(
        type.OriginalDefinition, static symbol => ((INamedTypeSymbol)symbol).GetMembers().OfType<IMethodSymbol>().Any(Orchestrators.IsOrchestrator));
}
