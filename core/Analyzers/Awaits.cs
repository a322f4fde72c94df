using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>Which tasks an orchestrator may await, and how.</summary>
internal static class Awaits
{
    /// <summary>The bit of ConfigureAwaitOptions that goes back to the context.</summary>
    private const int ContinueOnCapturedContext = 1;

    /// <summary>Whether a ConfigureAwait stays on the orchestrator's thread: it says true, or an option that says so.</summary>
    public static bool StaysOnThread(IInvocationOperation configureAwait)
    {
        foreach (var argument in configureAwait.Arguments)
        {
            if (argument.Value.ConstantValue is { HasValue: true } constant)
                return constant.Value is true || (constant.Value is int options && (options & ContinueOnCapturedContext) != 0);
        }

        return false;
    }

    /// <summary>Whether a method of another assembly gives tasks that are not in the history.</summary>
    public static bool IsForeign(IMethodSymbol method)
    {
        if (method.ContainingType is not { TypeKind: not TypeKind.Delegate } type || !IsTask(method.ReturnType) || DurableCalls.IsOfContext(method))
            return false;
        return type.Name switch
        {
            // Made of other tasks, or complete from the start.
            "Task" => method.Name is not ("WhenAll" or "WhenAny" or "FromResult" or "FromException" or "FromCanceled"),
            "ValueTask" => method.Name is not ("AsTask" or "Preserve" or "FromResult" or "FromException" or "FromCanceled"),
            "TaskExtensions" => false,
            "IAsyncDisposable" => false,
            _ => true,
        };
    }

    private static bool IsTask(ITypeSymbol type) => type.Name switch
    {
        "Task" or "ValueTask" => type.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks",
        "YieldAwaitable" => true,
        _ => false,
    };
}
