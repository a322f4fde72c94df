using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Triggers;

namespace Iml4e.Functions.Retraining;

/// <summary>A push to a repository, as GitHub and GitLab tell of it.</summary>
/// <param name="Branch">The branch; null when something else was pushed, such as a tag.</param>
/// <param name="Commit">The newest commit.</param>
/// <param name="Paths">Files that were added, changed or removed.</param>
/// <param name="IsComplete">Whether all of them are told; very large pushes are cut off.</param>
/// <param name="PushedAt">When, as the signed body says; null when it does not say.</param>
internal sealed record RepositoryPush(string? Branch, string Commit, IReadOnlyList<string> Paths, bool IsComplete, DateTimeOffset? PushedAt)
{
    private const string Heads = "refs/heads/";

    /// <summary>Reads what a body says; whatever is missing or of another type is left out.</summary>
    public static RepositoryPush Read(JsonNode? body)
    {
        var reference = Text(Member(body, "ref"));
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var commits = Member(body, "commits") as JsonArray;
        foreach (var commit in commits ?? [])
        {
            foreach (var kind in new[] { "added", "modified", "removed" })
            {
                foreach (var path in Member(commit, kind) as JsonArray ?? [])
                {
                    if (Text(path) is { } known)
                        paths.Add(known);
                }
            }
        }

        var told = Member(body, "total_commits_count") is JsonValue total && total.TryGetValue<int>(out var count) ? count : commits?.Count ?? 0;
        return new RepositoryPush(
            reference?.StartsWith(Heads, StringComparison.Ordinal) == true ? reference[Heads.Length..] : null,
            Text(Member(body, "after")) ?? "",
            [.. paths],
            commits is { Count: > 0 and < 2048 } && told <= commits.Count,
            Time(Member(Member(body, "repository"), "pushed_at")) ?? Time(Member(body, "pushed_at")) ?? Time(Member(body, "timestamp")));
    }

    /// <summary>Whether the push is one that a pipeline waits for. Of a push that is cut off, any path may be among those that are not told.</summary>
    public bool Concerns(RepositoryTrigger trigger) =>
        Branch == trigger.Branch
        && (trigger.Paths.Count == 0 || !IsComplete || Paths.Any(path => trigger.Paths.Any(glob => PathGlob.Matches(glob, path))));

    private static JsonNode? Member(JsonNode? node, string name) => (node as JsonObject)?[name];

    private static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static DateTimeOffset? Time(JsonNode? node)
    {
        if (Text(node) is { } text)
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
                ? at
                : null;
        return node is JsonValue value && value.TryGetValue<long>(out var seconds) && seconds is > 0 and < 253402300799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }
}
