namespace Iml4e.Catalog;

/// <summary>Something in the catalogue that is not as it should be.</summary>
/// <param name="Path">Where, such as "models/hq-heating/versions/3" or "artefacts/sha256:…".</param>
/// <param name="Kind">digest, size, missing, unreadable, reference, order, chain or foreign.</param>
/// <param name="Problem">What is wrong, in a sentence.</param>
public sealed record CatalogFault(string Path, string Kind, string Problem);
