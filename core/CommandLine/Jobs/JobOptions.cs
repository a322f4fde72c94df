namespace Iml4e.CommandLine.Jobs;

/// <summary>What <c>iml4e job</c> was asked to do.</summary>
/// <param name="Kind">Kind of the job, such as <c>train</c>.</param>
/// <param name="Request">File with the request, YAML or JSON; null for an empty one.</param>
/// <param name="Assignments"><c>path=value</c> pairs that change the request.</param>
/// <param name="Output">Folder for the reports; null to write none.</param>
/// <param name="Accept">Acceptance expression that replaces the request's own.</param>
/// <param name="Url">Address of a running app; null starts a throwaway one.</param>
/// <param name="Key">Function key of that app.</param>
internal sealed record JobOptions(
    string Kind, FileInfo? Request, IReadOnlyList<string> Assignments, DirectoryInfo? Output, string? Accept, Uri? Url, string? Key);
