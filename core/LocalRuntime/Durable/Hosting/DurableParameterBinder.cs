using System.Reflection;
using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Binds the durable client, the contexts of orchestrators and activities and their inputs, and the dispatcher of entities.</summary>
internal sealed class DurableParameterBinder(IServiceProvider services, DataConverter converter) : IParameterBinder
{
    public ParameterBinding? Bind(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (parameter.IsDefined(typeof(DurableClientAttribute)))
        {
            if (parameter.ParameterType != typeof(DurableTaskClient))
                throw new FunctionBindingException($"the durable client is bound to a parameter of type DurableTaskClient, not {parameter.ParameterType.Name}");
            return _ => new(services.GetRequiredService<DurableTaskClient>());
        }

        return function.Kind switch
        {
            TriggerKind.Orchestration => BindOrchestrator(function, parameter),
            TriggerKind.Activity => BindActivity(function, parameter),
            TriggerKind.Entity => BindEntity(function, parameter),
            _ => null,
        };
    }

    private static DurableInvocation Invocation(LocalFunctionContext context) => context.TriggerValue as DurableInvocation
        ?? throw new InvalidOperationException($"'{context.Function.Name}' is a durable function and runs only when an orchestration calls it.");

    private ParameterBinding? BindOrchestrator(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (parameter == function.TriggerParameter)
        {
            return parameter.ParameterType == typeof(TaskOrchestrationContext)
                ? context => new(Invocation(context).Context)
                : throw new FunctionBindingException("the orchestration trigger marks a parameter of type TaskOrchestrationContext");
        }

        return IsInput(parameter) ? Input(parameter.ParameterType) : null;
    }

    private ParameterBinding? BindActivity(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (parameter.ParameterType == typeof(TaskActivityContext))
            return context => new(Invocation(context).Context);
        if (parameter == function.TriggerParameter)
            return Input(parameter.ParameterType);
        return parameter.Name is "instanceId" && parameter.ParameterType == typeof(string)
            ? context => new(context.BindingData["instanceId"])
            : null;
    }

    private static ParameterBinding? BindEntity(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (parameter != function.TriggerParameter)
            return null;
        return parameter.ParameterType == typeof(TaskEntityDispatcher)
            ? context => new(new TaskEntityDispatcher(Batch(context), context.InstanceServices))
            : throw new FunctionBindingException("the entity trigger marks a parameter of type TaskEntityDispatcher");
    }

    private static EntityBatch Batch(LocalFunctionContext context) => context.TriggerValue as EntityBatch
        ?? throw new InvalidOperationException($"'{context.Function.Name}' is an entity and runs only when it is called or signalled.");

    /// <summary>Whether a parameter of an orchestrator, not its context, takes the input.</summary>
    internal static bool IsInput(ParameterInfo parameter) =>
        parameter.ParameterType != typeof(FunctionContext) && parameter.ParameterType != typeof(CancellationToken);

    private ParameterBinding Input(Type type)
    {
        var none = type.IsValueType && Nullable.GetUnderlyingType(type) is null ? Activator.CreateInstance(type) : null;
        return context => new(converter.Deserialize(Invocation(context).Input, type) ?? none);
    }
}
