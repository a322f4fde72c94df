using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>Loggers that do not come from the context, and so log again at each replay.</summary>
internal static class Loggers
{
    public static bool Is(ITypeSymbol? type) => type is { Name: "ILogger" } && IsLogging(type);

    /// <summary>Whether a field or property holds a logger that is not the context's.</summary>
    public static bool IsUnsafe(IMemberReferenceOperation member) => Is(member.Type) && !DurableTypes.IsContext(member.Instance?.Type);

    /// <summary>Whether a call gives a logger that is not the context's. What a local variable holds was judged where it was made.</summary>
    public static bool IsUnsafe(IInvocationOperation call)
    {
        if (!Is(call.Type) || DurableCalls.IsOnContext(call))
            return false;
        var source = call.Instance ?? (call.Arguments.IsEmpty ? null : call.Arguments[0].Value);
        while (source is IConversionOperation conversion)
            source = conversion.Operand;
        return source is not (ILocalReferenceOperation or IPropertyReferenceOperation { Property.Name: "ReplaySafeLoggerFactory" })
            || !IsFactory(source.Type);
    }

    private static bool IsFactory(ITypeSymbol? type) => type is { Name: "ILoggerFactory" } && IsLogging(type);

    private static bool IsLogging(ITypeSymbol type) => type.ContainingNamespace.ToDisplayString() == "Microsoft.Extensions.Logging";
}
