using System.Collections.Generic;
using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>Which methods are orchestrators, and what is wrong with their parameters.</summary>
internal static class Orchestrators
{
    /// <summary>Whether a method has the orchestration trigger, or is the body of a class-based orchestrator.</summary>
    public static bool IsOrchestrator(IMethodSymbol method) => DurableTypes.FindParameter(method, DurableTypes.OrchestrationTrigger) is not null
        || (method is { IsOverride: true, Name: "RunAsync" } && DurableTypes.IsDurable(method.ContainingType.BaseType, "TaskOrchestrator"));

    /// <summary>The name by which messages call an orchestrator.</summary>
    public static string NameOf(IMethodSymbol method) => DurableTypes.FindParameter(method, DurableTypes.OrchestrationTrigger) is { } trigger
        ? DurableTypes.DurableName(method, trigger, DurableTypes.OrchestrationTrigger, "Orchestration") ?? method.Name
        : method.ContainingType.Name;

    /// <summary>What is wrong with the parameters of an orchestrator.</summary>
    public static IEnumerable<Finding> CheckParameters(IMethodSymbol method)
    {
        foreach (var parameter in method.Parameters)
        {
            var place = parameter.Locations[0];
            if (parameter.Type.Name == "CancellationToken")
                yield return new Finding(Rules.CancellationToken, place, parameter.Name);
            foreach (var attribute in parameter.GetAttributes())
            {
                var name = attribute.AttributeClass?.Name ?? "";
                if (name == DurableTypes.DurableClient)
                    yield return new Finding(Rules.DurableClient, place, parameter.Name);
                else if (name != DurableTypes.OrchestrationTrigger && IsBinding(attribute.AttributeClass))
                    yield return new Finding(Rules.OtherBinding, place, parameter.Name);
            }
        }
    }

    /// <summary>What is wrong with the types of the durable bindings of a method.</summary>
    public static IEnumerable<Diagnostic> CheckBindings(IMethodSymbol method)
    {
        foreach (var parameter in method.Parameters)
        {
            foreach (var (attribute, type) in Bindings)
            {
                if (DurableTypes.Find(parameter, attribute) is not null && parameter.Type.Name != type)
                {
                    yield return Diagnostic.Create(
                        Rules.TriggerType, parameter.Locations[0], attribute.Replace("Attribute", ""), type, parameter.Type.ToDisplayString());
                }
            }
        }
    }

    private static (string Attribute, string Type)[] Bindings { get; } =
    [
        (DurableTypes.OrchestrationTrigger, "TaskOrchestrationContext"),
        (DurableTypes.DurableClient, "DurableTaskClient"),
        (DurableTypes.EntityTrigger, "TaskEntityDispatcher"),
    ];

    private static bool IsBinding(INamedTypeSymbol? attribute) =>
        DurableTypes.IsWorker(attribute, "BindingAttribute") || DurableTypes.IsWorker(attribute, "FromBodyAttribute");
}
