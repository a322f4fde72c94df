using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>Members of a type that orchestrator code must not use.</summary>
/// <param name="rule">What is wrong with them.</param>
/// <param name="type">The type's metadata name; types that derive from it are meant too.</param>
/// <param name="members">
/// Names of members; none for all of them. A constructor is <c>.ctor</c>, <c>.ctor()</c> when it has no parameters, <c>.ctor(…)</c> when it has some.
/// </param>
internal sealed class BannedApi(DiagnosticDescriptor rule, string type, params string[] members)
{
    public DiagnosticDescriptor Rule { get; } = rule;

    public string Type { get; } = type;

    public bool Covers(ISymbol member)
    {
        if (members.Length == 0)
            return true;
        foreach (var name in members)
        {
            if (name == member.Name || (member is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor && name == Form(constructor)))
                return true;
        }

        return false;
    }

    private static string Form(IMethodSymbol constructor) => constructor.Parameters.IsEmpty ? ".ctor()" : ".ctor(…)";
}
