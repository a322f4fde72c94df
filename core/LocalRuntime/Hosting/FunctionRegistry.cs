using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>The functions of an app, found by reflection and validated as a whole: all errors are told at once.</summary>
internal sealed partial class FunctionRegistry
{
    private readonly List<FunctionDescriptor> functions = [];
    private readonly Dictionary<string, FunctionDescriptor> byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> errors = [];

    private FunctionRegistry()
    {
    }

    /// <summary>All functions, by name.</summary>
    public IReadOnlyList<FunctionDescriptor> Functions => functions;

    /// <summary>What is wrong so far.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>Whether any function needs the durable engine; without one its task hub is not opened.</summary>
    public bool UsesDurableTask => functions.Any(function => function.Kind is TriggerKind.Orchestration or TriggerKind.Activity or TriggerKind.Entity
        || function.Parameters.Any(parameter => parameter.IsDefined(typeof(DurableClientAttribute))));

    /// <summary>Finds the functions that the given types declare.</summary>
    public static FunctionRegistry Discover(IEnumerable<Type> types)
    {
        var registry = new FunctionRegistry();
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        foreach (var type in types)
        {
            foreach (var method in type.GetMethods(Declared))
            {
                if (method.GetCustomAttribute<FunctionAttribute>() is { } function)
                    registry.Add(function.Name, method);
            }
        }

        registry.functions.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return registry;
    }

    /// <summary>The function of a name, whatever its case; null when there is none.</summary>
    public FunctionDescriptor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The functions of a kind.</summary>
    public IEnumerable<FunctionDescriptor> OfKind(TriggerKind kind) => functions.Where(function => function.Kind == kind);

    /// <summary>
    /// Finds how each parameter and output is bound; throws <see cref="FunctionDiscoveryException"/> with every error, those of discovery too.
    /// </summary>
    public void Bind(IEnumerable<IParameterBinder> binders)
    {
        var all = binders.ToList();
        foreach (var function in functions)
        {
            function.Bindings = function.Parameters.Select(parameter => BindParameter(all, function, parameter)).ToArray();
            var outputs = new List<OutputBinding>();
            foreach (var binder in all)
            {
                try
                {
                    outputs.AddRange(binder.BindOutputs(function));
                }
                catch (FunctionBindingException exception)
                {
                    errors.Add($"{function.Name}: {exception.Message}");
                }
            }

            function.Outputs = [.. outputs];
        }

        if (errors.Count > 0)
            throw new FunctionDiscoveryException(errors);
    }

    private ParameterBinding BindParameter(List<IParameterBinder> binders, FunctionDescriptor function, ParameterInfo parameter)
    {
        try
        {
            foreach (var binder in binders)
            {
                if (binder.Bind(function, parameter) is { } binding)
                    return binding;
            }

            errors.Add($"{function.Name}: parameter '{parameter.Name}' of type {parameter.ParameterType.Name} cannot be bound");
        }
        catch (FunctionBindingException exception)
        {
            errors.Add($"{function.Name}: {exception.Message}");
        }

        return _ => throw new InvalidOperationException($"Function '{function.Name}' was not bound.");
    }

    private void Add(string name, MethodInfo method)
    {
        var label = string.IsNullOrEmpty(name) ? $"{method.DeclaringType?.FullName}.{method.Name}" : name;
        var before = errors.Count;
        if (!FunctionName().IsMatch(name ?? ""))
            errors.Add($"{label}: a function's name has 1 to 128 letters, digits, '-' or '_' and begins with a letter");
        if (!method.IsPublic)
            errors.Add($"{label}: the method must be public");
        if (method.IsGenericMethodDefinition || method.DeclaringType is { ContainsGenericParameters: true })
            errors.Add($"{label}: neither the method nor its class can be generic");
        if (!method.IsStatic && method.DeclaringType is { IsAbstract: true })
            errors.Add($"{label}: the class of an instance method cannot be abstract");
        else if (!method.IsStatic && !HasOneConstructor(method.DeclaringType!))
            errors.Add($"{label}: the class of an instance method has one public constructor, or marks one with [ActivatorUtilitiesConstructor]");
        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute), false))
            errors.Add($"{label}: async void cannot be awaited; return a Task");
        if (method.GetParameters().FirstOrDefault(parameter => parameter.ParameterType.IsByRef) is { } byRef)
            errors.Add($"{label}: parameter '{byRef.Name}' is passed by reference");

        var triggers = method.GetParameters()
            .SelectMany(parameter => parameter.GetCustomAttributes<TriggerBindingAttribute>().Select(trigger => (Parameter: parameter, Trigger: trigger)))
            .ToList();
        if (triggers.Count != 1)
        {
            errors.Add($"{label}: a function has exactly one trigger; this one has {triggers.Count}");
            return;
        }

        var (parameter, trigger) = triggers[0];
        TriggerKind? kind = trigger switch
        {
            HttpTriggerAttribute => TriggerKind.Http,
            TimerTriggerAttribute => TriggerKind.Timer,
            BlobTriggerAttribute => TriggerKind.Blob,
            OrchestrationTriggerAttribute => TriggerKind.Orchestration,
            ActivityTriggerAttribute => TriggerKind.Activity,
            EntityTriggerAttribute => TriggerKind.Entity,
            _ => null,
        };
        if (kind is null)
        {
            errors.Add($"{label}: the trigger {trigger.GetType().Name} is not known here");
            return;
        }

        if (kind == TriggerKind.Orchestration && parameter.ParameterType != typeof(TaskOrchestrationContext))
            errors.Add($"{label}: the orchestration trigger marks a parameter of type TaskOrchestrationContext, not {parameter.ParameterType.Name}");
        if (kind == TriggerKind.Entity && parameter.ParameterType != typeof(TaskEntityDispatcher))
            errors.Add($"{label}: the entity trigger marks a parameter of type TaskEntityDispatcher, not {parameter.ParameterType.Name}");
        if (trigger is EntityTriggerAttribute { EntityName: { Length: > 0 } entity } && !FunctionName().IsMatch(entity))
            errors.Add($"{label}: the name of an entity, '{entity}', has 1 to 128 letters, digits, '-' or '_' and begins with a letter");
        if (!string.IsNullOrEmpty(name) && byName.TryGetValue(name, out var other))
            errors.Add($"{label}: the name is taken by {other.Definition.EntryPoint}");
        if (errors.Count > before)
            return;

        var function = new FunctionDescriptor(name!, kind.Value, method, parameter, trigger);
        if (FindDurable(function) is { } twin)
        {
            errors.Add($"{label}: the {kind.Value.ToString().ToLowerInvariant()} '{function.DurableName}' is {twin.Definition.EntryPoint} already");
            return;
        }

        byName.Add(function.Name, function);
        functions.Add(function);
    }

    /// <summary>The function that orchestrations would call by the same name.</summary>
    private FunctionDescriptor? FindDurable(FunctionDescriptor function) =>
        function.Kind is TriggerKind.Orchestration or TriggerKind.Activity or TriggerKind.Entity
        ? functions.Find(other => other.Kind == function.Kind && string.Equals(other.DurableName, function.DurableName, StringComparison.OrdinalIgnoreCase))
        : null;

    private static bool HasOneConstructor(Type type)
    {
        var constructors = type.GetConstructors();
        return constructors.Length == 1 || constructors.Count(constructor => constructor.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute))) == 1;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,127}$", RegexOptions.CultureInvariant)]
    private static partial Regex FunctionName();
}
