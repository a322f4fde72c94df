using System.Text.Json.Nodes;

namespace Iml4e.Catalog;

/// <summary>Checks that all other documents can be read.</summary>
internal sealed class DocumentVerifier(DocumentStore documents)
{
    public Task VerifyAsync(Verification verification, CancellationToken ct)
        => verification.EachAsync<JsonNode>(documents, "documents", static (_, _, _) => Task.CompletedTask, ct);
}
