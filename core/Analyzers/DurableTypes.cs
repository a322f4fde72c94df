using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>The types of Durable Functions, in the namespaces of the real packages and in those of the local runtime alike.</summary>
internal static class DurableTypes
{
    private static readonly string[] Worker = ["Microsoft.Azure.Functions.Worker", "Iml4e.LocalRuntime.Worker"];
    private static readonly string[] Durable = ["Microsoft.DurableTask", "Iml4e.LocalRuntime.DurableTask"];

    public const string OrchestrationTrigger = "OrchestrationTriggerAttribute";
    public const string ActivityTrigger = "ActivityTriggerAttribute";
    public const string EntityTrigger = "EntityTriggerAttribute";
    public const string DurableClient = "DurableClientAttribute";

    /// <summary>Whether a compilation can have orchestrators at all.</summary>
    public static bool AreKnownTo(Compilation compilation)
    {
        foreach (var space in Worker)
        {
            if (!compilation.GetTypesByMetadataName($"{space}.{OrchestrationTrigger}").IsEmpty)
                return true;
        }

        return false;
    }

    public static bool IsContext(ITypeSymbol? type) => Is(type, Durable, "TaskOrchestrationContext");

    public static bool IsEntityFeature(ITypeSymbol? type) => Is(type, Durable, "TaskOrchestrationEntityFeature");

    public static bool IsClient(ITypeSymbol? type) => Is(type, Durable, "DurableTaskClient") || Is(type, Durable, "DurableEntityClient");

    public static bool IsActivityContext(ITypeSymbol? type) => Is(type, Durable, "TaskActivityContext");

    /// <summary>Whether a type is, or derives from, the one of a simple name in one of the flavours' durable namespaces.</summary>
    public static bool IsDurable(ITypeSymbol? type, string name) => Is(type, Durable, name);

    public static bool IsWorker(ITypeSymbol? type, string name) => Is(type, Worker, name);

    /// <summary>The attribute of a simple name on a symbol; null when it has none.</summary>
    public static AttributeData? Find(ISymbol symbol, string attribute)
    {
        foreach (var data in symbol.GetAttributes())
        {
            if (IsWorker(data.AttributeClass, attribute))
                return data;
        }

        return null;
    }

    /// <summary>The parameter that an attribute marks; null when there is none.</summary>
    public static IParameterSymbol? FindParameter(IMethodSymbol method, string attribute)
    {
        foreach (var parameter in method.Parameters)
        {
            if (Find(parameter, attribute) is not null)
                return parameter;
        }

        return null;
    }

    /// <summary>The name of the function that a method is; null when it is none.</summary>
    public static string? FunctionName(IMethodSymbol method) =>
        Find(method, "FunctionAttribute")?.ConstructorArguments is { Length: 1 } arguments ? arguments[0].Value as string : null;

    /// <summary>The name that orchestrations call a function by: the override of its trigger, or the function's name.</summary>
    public static string? DurableName(IMethodSymbol method, IParameterSymbol trigger, string attribute, string property)
    {
        if (Find(trigger, attribute) is { } data)
        {
            foreach (var argument in data.NamedArguments)
            {
                if (argument.Key == property && argument.Value.Value is string { Length: > 0 } name)
                    return name;
            }
        }

        return FunctionName(method);
    }

    private static bool Is(ITypeSymbol? type, string[] roots, string name)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.Name == name && IsIn(type.ContainingNamespace, roots))
                return true;
        }

        return false;
    }

    private static bool IsIn(INamespaceSymbol? space, string[] roots)
    {
        var text = space?.ToDisplayString() ?? "";
        foreach (var root in roots)
        {
            if (text == root || text.StartsWith(root + ".", System.StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
