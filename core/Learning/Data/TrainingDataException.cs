namespace Iml4e.Learning;

/// <summary>Says what is wrong with data or options that a person handed in, and where.</summary>
/// <remarks><see cref="Path"/> is a field path such as <c>data.label</c>, <c>train.parameters.max_depth</c> or <c>data.row[17].column[kwh]</c>;
/// <see cref="Exception.Message"/> is "path: detail".</remarks>
public sealed class TrainingDataException : Exception
{
    /// <summary>Makes the error for one field path.</summary>
    public TrainingDataException(string path, string detail)
        : base($"{path}: {detail}")
    {
        Path = path;
        Detail = detail;
    }

    /// <summary>Where: a field path.</summary>
    public string Path { get; }

    /// <summary>What is wrong there and what would be right, without the path.</summary>
    public string Detail { get; }
}
