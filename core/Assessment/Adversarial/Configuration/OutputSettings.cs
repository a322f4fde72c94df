namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>How samples are stored.</summary>
public sealed record OutputSettings
{
    /// <summary>What people call the run; the job's id when absent.</summary>
    public string? Uri { get; init; }

    /// <summary>npz (floats, clean and attacked) or png (8 bits, attacked).</summary>
    public string Format { get; init; } = "npz";
}
