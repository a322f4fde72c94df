using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>How a detector is run.</summary>
public sealed record DetectorOptions
{
    /// <summary>Family whose decoder is built in; null where <see cref="Decoder"/> is given.</summary>
    public string? Family { get; init; }

    /// <summary>The decoder, for a family of its own.</summary>
    public DetectorDecoder? Decoder { get; init; }

    /// <summary>What the model does to pixels first.</summary>
    public Preprocessing Preprocessing { get; init; } = new();

    /// <summary>Shape of the input, [channels, height, width]; null = as the model declares it.</summary>
    public IReadOnlyList<int>? Input { get; init; }

    /// <summary>Number of classes, where the outputs do not tell.</summary>
    public int? Classes { get; init; }

    /// <summary>Rows of a run.</summary>
    public int Rows { get; init; } = 4;

    /// <summary>Threads within one operator.</summary>
    public int Threads { get; init; } = 1;
}
