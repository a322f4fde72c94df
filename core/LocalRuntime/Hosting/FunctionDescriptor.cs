using System.Reflection;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>A function of the app: its method, its trigger and what is compiled from them.</summary>
internal sealed class FunctionDescriptor
{
    // Compiled at the first call: compiling all functions of an app would make up much of its start.
    private readonly Lazy<CompiledMethod> method;
    private readonly Lazy<ObjectFactory>? factory;

    internal FunctionDescriptor(string name, TriggerKind kind, MethodInfo method, ParameterInfo triggerParameter, TriggerBindingAttribute trigger)
    {
        Name = name;
        Kind = kind;
        Method = method;
        TriggerParameter = triggerParameter;
        Trigger = trigger;
        Parameters = method.GetParameters();
        Retry = method.GetCustomAttribute<RetryAttribute>();
        ResultType = MethodCompiler.ResultType(method);
        Definition = new LocalFunctionDefinition(this);
        this.method = new Lazy<CompiledMethod>(() => MethodCompiler.Compile(method));
        factory = method.IsStatic ? null : new Lazy<ObjectFactory>(() => ActivatorUtilities.CreateFactory(method.DeclaringType!, []));
    }

    /// <summary>The name in <see cref="FunctionAttribute"/>.</summary>
    public string Name { get; }

    public TriggerKind Kind { get; }

    public MethodInfo Method { get; }

    public IReadOnlyList<ParameterInfo> Parameters { get; }

    public ParameterInfo TriggerParameter { get; }

    public TriggerBindingAttribute Trigger { get; }

    public RetryAttribute? Retry { get; }

    /// <summary>The type of the result with Task and ValueTask taken off; void when there is none.</summary>
    public Type ResultType { get; }

    public FunctionDefinition Definition { get; }

    /// <summary>The name that orchestrations call this function by: the attribute's override or the function's name.</summary>
    public string DurableName => Trigger switch
    {
        OrchestrationTriggerAttribute { Orchestration: { Length: > 0 } name } => name,
        ActivityTriggerAttribute { Activity: { Length: > 0 } name } => name,
        EntityTriggerAttribute { EntityName: { Length: > 0 } name } => name,
        _ => Name,
    };

    /// <summary>How each parameter gets its value, in order; set by <see cref="FunctionRegistry.Bind"/>.</summary>
    internal ParameterBinding[] Bindings { get; set; } = [];

    /// <summary>What is written out of the result; set by <see cref="FunctionRegistry.Bind"/>.</summary>
    internal OutputBinding[] Outputs { get; set; } = [];

    internal object? CreateInstance(IServiceProvider services) => factory?.Value.Invoke(services, null);

    internal ValueTask<object?> CallAsync(object? instance, object?[] arguments) => method.Value(instance, arguments);

    public override string ToString() => Name;
}
