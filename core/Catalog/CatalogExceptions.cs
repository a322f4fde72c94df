using System.Text.Json;

namespace Iml4e.Catalog;

/// <summary>Somebody else changed the same thing first, or it is there already.</summary>
public sealed class CatalogConflictException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An alias did not point where the caller expected.</summary>
public sealed class AliasConflictException(string model, string alias, string? expected, string? actual)
    : Exception($"alias '{alias}' of model '{model}' points to {Say(actual)}, expected {Say(expected)}")
{
    /// <summary>The alias.</summary>
    public string Alias { get; } = alias;

    /// <summary>The version that the caller expected; null = that the alias is not set.</summary>
    public string? Expected { get; } = expected;

    /// <summary>The version that the alias points to; null = it is not set.</summary>
    public string? Actual { get; } = actual;

    private static string Say(string? version) => version is null ? "nothing" : $"version {version}";
}

/// <summary>
/// A name, key, token or record that a caller handed in cannot be used. A type of its own: the assembly that an exception names as its source is no sign, for
/// it changes once the compiler has inlined the check into its caller.
/// </summary>
public sealed class CatalogArgumentException(string message) : ArgumentException(message)
{
    /// <summary>What the message is about, such as <c>name</c> or <c>after</c>; empty when it does not begin with a single word.</summary>
    public string Path => Message.IndexOf(':', StringComparison.Ordinal) is var at and > 0 && Message.AsSpan(0, at).IndexOfAnyExceptInRange('a', 'z') < 0
        ? Message[..at]
        : "";
}

/// <summary>What was asked for is not in the catalogue.</summary>
public sealed class CatalogNotFoundException(string message) : Exception(message);

/// <summary>The storage did not answer in time; a write may or may not have happened, and repeating it with the same key is safe.</summary>
public sealed class CatalogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Stored bytes are not those that their digest names.</summary>
public sealed class DigestMismatchException(string expected, string actual)
    : Exception($"the bytes stored as {expected} have the digest {actual}: the artefact is damaged")
{
    /// <summary>The digest asked for.</summary>
    public string Expected { get; } = expected;

    /// <summary>The digest of the bytes that are there.</summary>
    public string Actual { get; } = actual;
}

/// <summary>What is stored as a document cannot be read as one.</summary>
public sealed class DocumentDamagedException(string path, Exception? inner = null) : JsonException($"the document '{path}' is damaged: it cannot be read", inner)
{
    /// <summary>The document's path in its store.</summary>
    public string Document { get; } = path;
}

/// <summary>An audit log's last entries cannot be read, so that the chain cannot be carried on; verification names the entry.</summary>
public sealed class AuditLogDamagedException(string message) : Exception(message);
