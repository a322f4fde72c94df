namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>How an orchestration starts over with an empty history.</summary>
public class ContinueAsNewOptions
{
    public object? NewInput { get; set; }

    /// <summary>Whether events that nothing has waited for yet are carried over.</summary>
    public bool PreserveUnprocessedEvents { get; set; } = true;

    /// <summary>The version of the next generation; null to keep the present one.</summary>
    public string? NewVersion { get; set; }
}
