using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Hands the client of the durable engine to a function.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class DurableClientAttribute : InputBindingAttribute
{
    /// <summary>The task hub; the one of host.json when not set.</summary>
    public string? TaskHub { get; set; }

    /// <summary>The setting that holds the connection.</summary>
    public string? ConnectionName { get; set; }
}
