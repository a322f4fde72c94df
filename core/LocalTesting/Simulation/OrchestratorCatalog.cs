using System.Reflection;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>Orchestrators by name, whatever its case: delegates, and the orchestrator functions of types and assemblies.</summary>
internal sealed class OrchestratorCatalog(DataConverter converter, IServiceProvider services)
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private readonly Dictionary<string, Func<TaskOrchestrationContext, string?, Task<object?>>> orchestrators = new(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<string> Names => orchestrators.Keys;

    public bool Has(string name) => orchestrators.ContainsKey(name);

    public Task<object?> RunAsync(string name, TaskOrchestrationContext context, string? input) => orchestrators[name](context, input);

    public void Add(string name, Func<TaskOrchestrationContext, string?, Task<object?>> body)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        orchestrators[name] = body;
    }

    /// <summary>Adds all orchestrator functions of an assembly.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public void Add(Assembly assembly)
    {
        if (assembly.GetTypes().Sum(AddAll) == 0)
            throw new ArgumentException($"The assembly {assembly.GetName().Name} has no orchestrator function.", nameof(assembly));
    }

    /// <summary>Adds all orchestrator functions of a type.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public void Add(Type type)
    {
        if (AddAll(type) == 0)
            throw new ArgumentException($"The type {type} has no orchestrator function, which has a parameter marked [OrchestrationTrigger].", nameof(type));
    }

    /// <summary>The name of the orchestrator that a method is; null when it is not an orchestrator function.</summary>
    public static string? NameOf(MethodInfo method)
    {
        var trigger = method.GetParameters().SelectMany(parameter => parameter.GetCustomAttributes<OrchestrationTriggerAttribute>()).FirstOrDefault();
        return trigger is null ? null : trigger.Orchestration is { Length: > 0 } name ? name : method.GetCustomAttribute<FunctionAttribute>()?.Name;
    }

    private int AddAll(Type type)
    {
        var added = 0;
        foreach (var method in type.GetMethods(Declared))
        {
            if (NameOf(method) is { } name)
            {
                Add(name, Bind(method));
                added++;
            }
        }

        return added;
    }

    private Func<TaskOrchestrationContext, string?, Task<object?>> Bind(MethodInfo method)
    {
        var call = new Lazy<CompiledMethod>(() => MethodCompiler.Compile(method));
        var parameters = method.GetParameters();
        return (context, input) =>
        {
            var instance = method.IsStatic ? null : ActivatorUtilities.CreateInstance(services, method.DeclaringType!);
            return call.Value(instance, [.. parameters.Select(parameter => Value(method, parameter, context, input))]).AsTask();
        };
    }

    private object? Value(MethodInfo method, ParameterInfo parameter, TaskOrchestrationContext context, string? input)
    {
        if (parameter.ParameterType == typeof(TaskOrchestrationContext))
            return context;
        if (parameter.ParameterType == typeof(CancellationToken))
            return CancellationToken.None;
        if (parameter.ParameterType == typeof(FunctionContext))
            return new FakeFunctionContext { InstanceServices = services, Name = NameOf(method)! };
        var type = parameter.ParameterType;
        return converter.Deserialize(input, type) ?? (type.IsValueType && Nullable.GetUnderlyingType(type) is null ? Activator.CreateInstance(type) : null);
    }
}
