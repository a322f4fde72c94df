namespace Iml4e.Assessment.Training;

/// <summary>What an external trainer predicts for rows of the data that it was given, to be held against its ONNX file.</summary>
public sealed record TrainerPredictions
{
    /// <summary>Places of the rows, from 0; 100 at least, or all where there are fewer.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>A number for each row, of a regression.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    /// <summary>A label for each row, of a classification.</summary>
    public IReadOnlyList<string>? Labels { get; init; }
}
