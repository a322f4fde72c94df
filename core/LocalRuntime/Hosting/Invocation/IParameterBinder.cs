using System.Reflection;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>
/// Gives parameters their values. Registered as a service, any number of times; asked once for each parameter when the app starts,
/// in the order of registration.
/// </summary>
internal interface IParameterBinder
{
    /// <summary>
    /// How the parameter gets its value in each invocation, or null when another binder must know.
    /// Throws <see cref="FunctionBindingException"/> for what is this binder's but wrong.
    /// </summary>
    ParameterBinding? Bind(FunctionDescriptor function, ParameterInfo parameter);

    /// <summary>What to do with the function's result besides handing it to the caller; nothing by default.</summary>
    IEnumerable<OutputBinding> BindOutputs(FunctionDescriptor function) => [];
}
