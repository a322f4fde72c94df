using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>
/// Collections that come in the order of their hash codes. Dictionary and HashSet are not among them: they come in an order that follows from what was done
/// with them.
/// </summary>
internal static class HashOrder
{
    public static bool Has(ITypeSymbol? type)
    {
        if (type is not INamedTypeSymbol named)
            return false;
        if (named.ContainingType is { } outer && named.Name.EndsWith("Collection", System.StringComparison.Ordinal))
            named = outer;
        var isHashed = named.Name switch
        {
            "ConcurrentDictionary" => Space(named) == "System.Collections.Concurrent",
            "ConcurrentBag" => Space(named) == "System.Collections.Concurrent",
            "ImmutableDictionary" or "ImmutableHashSet" => Space(named) == "System.Collections.Immutable",
            "FrozenDictionary" or "FrozenSet" => Space(named) == "System.Collections.Frozen",
            "Hashtable" => Space(named) == "System.Collections",
            _ => false,
        };

        // The hash codes of numbers are the numbers; they order alike everywhere.
        return isHashed && !(named.Name != "ConcurrentBag" && !named.TypeArguments.IsEmpty && IsNumber(named.TypeArguments[0].SpecialType));
    }

    /// <summary>Whether a call goes through such a collection, as those of LINQ do.</summary>
    public static bool IsEnumeratedBy(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (method is not { IsExtensionMethod: true, ContainingType.Name: "Enumerable" } || call.Arguments.IsEmpty || IsOrderless(method.Name))
            return false;
        var source = call.Arguments[0].Value;
        while (source is IConversionOperation conversion)
            source = conversion.Operand;
        return Has(source.Type) || (source is IPropertyReferenceOperation { Property.Name: "Keys" or "Values" } part && Has(part.Instance?.Type));
    }

    private static bool IsOrderless(string method) => method is "Count" or "LongCount" or "Any" or "All" or "Contains" or "Sum" or "Min" or "Max" or "OrderBy"
        or "OrderByDescending" or "Order" or "OrderDescending" or "ToDictionary" or "ToHashSet";

    private static bool IsNumber(SpecialType type) => type is >= SpecialType.System_Boolean and <= SpecialType.System_UInt64;

    private static string Space(INamedTypeSymbol type) => type.ContainingNamespace.ToDisplayString();
}
