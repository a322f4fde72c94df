using Iml4e.Assessment.Jobs;
using Iml4e.Functions.Http;

namespace Iml4e.Functions.Jobs;

/// <summary>All kinds of job that the app knows, by name.</summary>
internal sealed class JobKinds(IEnumerable<JobKind> kinds)
{
    private readonly Dictionary<string, JobKind> _kinds = kinds.ToDictionary(k => k.Name, StringComparer.Ordinal);

    /// <summary>The kinds in order of their names.</summary>
    public IEnumerable<JobKind> All => _kinds.Values.OrderBy(k => k.Name, StringComparer.Ordinal);

    /// <summary>The kind of that name; 404 when there is none.</summary>
    public JobKind Get(string name) => _kinds.GetValueOrDefault(name)
        ?? throw new ApiException(
            404, "job kind.unknown", $"There is no job kind of that name; known are {string.Join(", ", _kinds.Keys.Order(StringComparer.Ordinal))}.");
}
