namespace Iml4e.Inference.Gradients;

/// <summary>Where the cotangents come from that a gradient graph carries back.</summary>
public enum SeedMode
{
    /// <summary>From the caller: one more input <c>dY_&lt;tensor&gt;</c> for each seed tensor.</summary>
    External,

    /// <summary>From a loss that is part of the graph.</summary>
    Loss,
}
