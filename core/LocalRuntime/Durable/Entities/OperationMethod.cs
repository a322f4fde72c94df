using System.Collections.Concurrent;
using System.Reflection;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Hosting.Invocation;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>A public method that carries out an operation of an entity.</summary>
internal sealed class OperationMethod
{
    private static readonly ConcurrentDictionary<Type, ILookup<string, OperationMethod>> ByType = new();

    private readonly MethodInfo method;
    private readonly ParameterInfo[] parameters;
    private readonly Lazy<CompiledMethod> compiled;

    private OperationMethod(MethodInfo method)
    {
        this.method = method;
        parameters = method.GetParameters();
        compiled = new Lazy<CompiledMethod>(() => MethodCompiler.Compile(method));
    }

    /// <summary>The method of a name, whatever its case; null when the type has none.</summary>
    /// <exception cref="AmbiguousMatchException">The type has more than one.</exception>
    public static OperationMethod? Find(Type type, string name)
    {
        var found = ByType.GetOrAdd(type, Read)[name].Take(2).ToList();
        return found.Count < 2
            ? found.FirstOrDefault()
            : throw new AmbiguousMatchException($"The type {type.FullName} has more than one public method '{name}', whatever its case.");
    }

    /// <summary>The values of the parameters: the context, and the input or what the method takes without one.</summary>
    /// <exception cref="InvalidOperationException">The input is missing, or there are more parameters than values.</exception>
    public object?[] Bind(TaskEntityOperation operation)
    {
        ParameterInfo? context = null;
        ParameterInfo? input = null;
        var arguments = new object?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = parameters[i];
            if (parameter.ParameterType == typeof(TaskEntityContext))
            {
                arguments[i] = context is null ? operation.Context : throw Twice(operation, "context", context, parameter);
                context = parameter;
            }
            else
            {
                arguments[i] = input is null ? Input(operation, parameter) : throw Twice(operation, "input", input, parameter);
                input = parameter;
            }
        }

        return arguments;
    }

    public ValueTask<object?> CallAsync(object target, object?[] arguments) => compiled.Value(target, arguments);

    /// <summary>The methods that the type's author wrote: what comes from object and from TaskEntity is no operation, nor is a property's accessor.</summary>
    private static ILookup<string, OperationMethod> Read(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
        .Where(method => !method.IsSpecialName && !method.ContainsGenericParameters && !IsInherited(method))
        .ToLookup(method => method.Name, method => new OperationMethod(method), StringComparer.OrdinalIgnoreCase);

    private static bool IsInherited(MethodInfo method)
    {
        var origin = method.GetBaseDefinition().DeclaringType!;
        return origin == typeof(object) || origin == typeof(ValueType) || (origin.IsGenericType && origin.GetGenericTypeDefinition() == typeof(TaskEntity<>));
    }

    private object? Input(TaskEntityOperation operation, ParameterInfo parameter)
    {
        if (operation.HasInput)
            return operation.GetInput(parameter.ParameterType);
        return parameter.HasDefaultValue
            ? parameter.DefaultValue
            : throw new InvalidOperationException(
                $"Error dispatching {operation} to '{method}'.\nThere was an error binding parameter '{parameter}'. "
                + "The operation expected an input value, but no input was provided by the caller.");
    }

    private InvalidOperationException Twice(TaskEntityOperation operation, string what, ParameterInfo first, ParameterInfo second) => new(
        $"Error dispatching {operation} to '{method}'.\nUnable to bind {what} to '{second}' because it has already been bound to parameter '{first}'. "
        + $"Please remove the duplicate parameter in method '{method}'.");
}
