using System.Reflection;
using Iml4e.LocalRuntime.Worker;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>Binds what every trigger kind offers: the context and the cancellation token.</summary>
internal sealed class ContextParameterBinder : IParameterBinder
{
    public ParameterBinding? Bind(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (parameter.ParameterType == typeof(FunctionContext))
            return context => new(context);
        if (parameter.ParameterType == typeof(CancellationToken))
            return context => new(context.CancellationToken);
        return null;
    }
}
