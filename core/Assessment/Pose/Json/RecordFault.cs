namespace Iml4e.Assessment.Pose.Json;

/// <summary>What is wrong with one record of a file.</summary>
/// <param name="Path">Where: list, place from 0, field, such as <c>annotations[17].bbox[2]</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record RecordFault(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Message}";
}
