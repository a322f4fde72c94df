using System.Collections.Generic;
using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>What is known of one piece of code: a method, a lambda, a local function, or what a field is initialised with.</summary>
internal sealed class FunctionCode
{
    public List<Finding> Findings { get; } = [];

    /// <summary>The code that this code runs.</summary>
    public HashSet<ISymbol> Callees { get; } = new(SymbolEqualityComparer.Default);

    public List<FunctionCall> Calls { get; } = [];
}
