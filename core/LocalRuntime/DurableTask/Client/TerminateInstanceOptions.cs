namespace Iml4e.LocalRuntime.DurableTask.Client;

/// <summary>How an instance is terminated.</summary>
/// <param name="Output">The output that the instance is given.</param>
/// <param name="Recursive">Whether its running children are terminated with it.</param>
public record TerminateInstanceOptions(object? Output = null, bool Recursive = false);
