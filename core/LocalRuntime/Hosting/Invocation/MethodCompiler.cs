using System.Linq.Expressions;
using System.Reflection;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>Compiles methods to <see cref="CompiledMethod"/>, so that an invocation needs no reflection.</summary>
internal static class MethodCompiler
{
    /// <summary>The result type with Task and ValueTask taken off.</summary>
    public static Type ResultType(MethodInfo method)
    {
        var type = method.ReturnType;
        if (type == typeof(Task) || type == typeof(ValueTask))
            return typeof(void);
        return type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : type;
    }

    /// <summary>Compiles a method.</summary>
    public static CompiledMethod Compile(MethodInfo method)
    {
        var instance = Expression.Parameter(typeof(object), "instance");
        var arguments = Expression.Parameter(typeof(object[]), "arguments");
        var call = Expression.Call(
            method.IsStatic ? null : Expression.Convert(instance, method.DeclaringType!),
            method,
            method.GetParameters().Select((parameter, index) =>
                Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(index)), parameter.ParameterType)));
        return Expression.Lambda<CompiledMethod>(Unwrap(call), instance, arguments).Compile();
    }

    private static Expression Unwrap(MethodCallExpression call)
    {
        var type = call.Type;
        if (type == typeof(void))
            return Expression.Block(call, Expression.Default(typeof(ValueTask<object?>)));
        if (type == typeof(Task) || type == typeof(ValueTask))
            return Expression.Call(Helper(nameof(AwaitAsync), type), call);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>))
            return Expression.Call(Helper(nameof(AwaitTaskAsync)).MakeGenericMethod(type.GetGenericArguments()), call);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            return Expression.Call(Helper(nameof(AwaitValueTaskAsync)).MakeGenericMethod(type.GetGenericArguments()), call);
        return Expression.New(typeof(ValueTask<object?>).GetConstructor([typeof(object)])!, Expression.Convert(call, typeof(object)));
    }

    private static MethodInfo Helper(string name, params Type[] types) => types.Length > 0
        ? typeof(MethodCompiler).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static, types)!
        : typeof(MethodCompiler).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;

    private static async ValueTask<object?> AwaitAsync(Task task)
    {
        await task;
        return null;
    }

    private static async ValueTask<object?> AwaitAsync(ValueTask task)
    {
        await task;
        return null;
    }

    private static ValueTask<object?> AwaitTaskAsync<T>(Task<T> task)
    {
        return task.IsCompletedSuccessfully ? new(task.Result) : Slow(task);

        static async ValueTask<object?> Slow(Task<T> task) => await task;
    }

    private static ValueTask<object?> AwaitValueTaskAsync<T>(ValueTask<T> task)
    {
        return task.IsCompletedSuccessfully ? new(task.Result) : Slow(task);

        static async ValueTask<object?> Slow(ValueTask<T> task) => await task;
    }
}
