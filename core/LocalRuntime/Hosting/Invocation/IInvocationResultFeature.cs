namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>Holds the result of an invocation while the middleware runs.</summary>
internal interface IInvocationResultFeature
{
    object? Result { get; set; }
}
