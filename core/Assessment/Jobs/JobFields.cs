using System.Text.Json;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Jobs;

/// <summary>The fields that a kind's request may have, by their names in the document.</summary>
internal static class JobFields
{
    /// <summary>The names.</summary>
    public static IReadOnlySet<string> Of(JobKind kind) =>
        DocumentJson.Options.GetTypeInfo(kind.RequestType).Properties.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
}
