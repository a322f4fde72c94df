namespace Iml4e.Catalog;

/// <summary>What is known of a stored artefact.</summary>
/// <param name="Digest">"sha256:" and 64 hexadecimal digits.</param>
/// <param name="Size">Bytes.</param>
/// <param name="MediaType">As given when it was first stored.</param>
/// <param name="CreatedAt">When it was first stored, by the storage's clock.</param>
public sealed record ArtefactInfo(string Digest, long Size, string MediaType, DateTimeOffset CreatedAt);
