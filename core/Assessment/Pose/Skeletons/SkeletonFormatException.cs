using Iml4e.Assessment.Pose.Json;

namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>A skeleton file is wrong.</summary>
/// <param name="faults">What is wrong, with the paths of the fields.</param>
public sealed class SkeletonFormatException(IReadOnlyList<RecordFault> faults)
    : FormatException($"The skeleton is wrong: {string.Join("; ", faults.Take(CocoFormatException.Named))}")
{
    /// <summary>What is wrong.</summary>
    public IReadOnlyList<RecordFault> Faults => faults;
}
