namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>A binding is declared wrongly; told when the app starts.</summary>
internal sealed class FunctionBindingException(string message) : Exception(message);
