using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>Calls of the orchestration context and of the durable client.</summary>
internal static class DurableCalls
{
    /// <summary>Whether a call is made on the durable client, or is an extension of it.</summary>
    public static bool IsOnClient(IInvocationOperation call) =>
        DurableTypes.IsClient(call.Instance?.Type) || (call.TargetMethod.IsExtensionMethod && DurableTypes.IsClient(FirstParameter(call.TargetMethod)));

    /// <summary>Whether a call is made on the context, or is an extension of it.</summary>
    public static bool IsOnContext(IInvocationOperation call) =>
        DurableTypes.IsContext(call.Instance?.Type) || DurableTypes.IsEntityFeature(call.Instance?.Type) || IsOfContext(call.TargetMethod);

    /// <summary>Whether a method belongs to the context, to its entities, or extends it.</summary>
    public static bool IsOfContext(IMethodSymbol method) => DurableTypes.IsContext(method.ContainingType) || DurableTypes.IsEntityFeature(method.ContainingType)
        || (method.IsExtensionMethod && DurableTypes.IsContext(FirstParameter(method)));

    /// <summary>The call of an activity or a sub-orchestrator by a constant name; null when a call is none.</summary>
    public static FunctionCall? Describe(IInvocationOperation call)
    {
        if (!DurableTypes.IsContext(call.Instance?.Type) || call.TargetMethod.Name is not ("CallActivityAsync" or "CallSubOrchestratorAsync"))
            return null;
        string? name = null;
        ITypeSymbol? input = null;
        var place = call.Syntax.GetLocation();
        foreach (var argument in call.Arguments)
        {
            var value = argument.Value;
            while (value is IConversionOperation conversion)
                value = conversion.Operand;
            switch (argument.Parameter?.Name)
            {
                case "name" or "orchestratorName":
                    name = value.ConstantValue is { HasValue: true, Value: string text } ? text : null;
                    place = value.Syntax.GetLocation();
                    break;
                case "input" when argument.ArgumentKind == ArgumentKind.Explicit:
                    input = value.Type is { TypeKind: not TypeKind.Dynamic, SpecialType: not SpecialType.System_Object } type ? type : null;
                    break;
            }
        }

        var output = call.TargetMethod.TypeArguments.Length == 1 ? call.TargetMethod.TypeArguments[0] : null;
        return name is null ? null : new FunctionCall(call.TargetMethod.Name == "CallActivityAsync", name, input, output, place);
    }

    private static ITypeSymbol? FirstParameter(IMethodSymbol method) =>
        (method.ReducedFrom ?? method).Parameters is { IsEmpty: false } parameters ? parameters[0].Type : null;
}
