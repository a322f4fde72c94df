namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>How a classifier is run.</summary>
public sealed record ClassifierOptions
{
    /// <summary>What the model does to pixels first.</summary>
    public Preprocessing Preprocessing { get; init; } = new();

    /// <summary>Shape of an image, [channels, height, width], or of a vector; null = as the model declares it.</summary>
    public IReadOnlyList<int>? Input { get; init; }

    /// <summary>Output with the classes; null = the first.</summary>
    public string? Output { get; init; }

    /// <summary>Rows of a run, 1 to 1,024.</summary>
    public int Rows { get; init; } = 32;

    /// <summary>Threads within one operator.</summary>
    public int Threads { get; init; } = 1;
}
