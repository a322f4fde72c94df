using System.Text.Json.Nodes;

namespace Iml4e.Catalog;

/// <summary>An entry of a model's audit log.</summary>
/// <param name="Model">The model.</param>
/// <param name="Seq">1, 2, 3, … without gaps.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Event">What, such as "Promoted".</param>
/// <param name="Key">The idempotency key it was appended under.</param>
/// <param name="Hash">64 hexadecimal digits: SHA-256 of the previous entry's and this entry's canonical JSON.</param>
/// <param name="Fields">All else.</param>
public sealed record AuditEntry(string Model, long Seq, DateTimeOffset At, string Actor, string Event, string? Key, string Hash, JsonObject Fields);

/// <summary>What a verification of an audit log found.</summary>
/// <param name="Intact">True when every entry is as it was written, and none is missing.</param>
/// <param name="Entries">Entries that are right, counted from the first.</param>
/// <param name="Head">Hash of the last right entry; 64 zeros before the first.</param>
/// <param name="FirstBroken">The first entry that is not right.</param>
/// <param name="Problem">What is wrong with it: unreadable, not-canonical, gap, hash-mismatch, anchor-mismatch, truncated.</param>
public sealed record AuditVerification(bool Intact, long Entries, string Head, long? FirstBroken, string? Problem);

/// <summary>Newest entries of all models, oldest first.</summary>
/// <param name="Events">The entries.</param>
/// <param name="Next">Give it to the next call to get what came since.</param>
public sealed record AuditFeed(IReadOnlyList<AuditEntry> Events, string Next);
