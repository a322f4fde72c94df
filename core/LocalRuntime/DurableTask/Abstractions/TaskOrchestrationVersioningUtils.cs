namespace Iml4e.LocalRuntime.DurableTask.Abstractions;

/// <summary>Orders the versions of orchestrations.</summary>
public static class TaskOrchestrationVersioningUtils
{
    /// <summary>
    /// Compares two versions: none is below any, two of the form 1.2[.3[.4]] by number, all others as text whatever their case.
    /// Negative when the first is older, 0 when equal, positive when newer.
    /// </summary>
    public static int CompareVersions(string sourceVersion, string otherVersion)
    {
        if (string.IsNullOrWhiteSpace(sourceVersion))
            return string.IsNullOrWhiteSpace(otherVersion) ? 0 : -1;
        if (string.IsNullOrWhiteSpace(otherVersion))
            return 1;
        return System.Version.TryParse(sourceVersion, out var source) && System.Version.TryParse(otherVersion, out var other)
            ? source.CompareTo(other)
            : string.Compare(sourceVersion, otherVersion, StringComparison.OrdinalIgnoreCase);
    }
}
