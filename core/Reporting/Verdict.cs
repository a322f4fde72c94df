namespace Iml4e.Reporting;

/// <summary>What a report came to.</summary>
/// <param name="Tone">Good or bad.</param>
/// <param name="Text">In a word or two, such as "Accepted".</param>
/// <param name="Detail">Why, in a sentence; null for none.</param>
public sealed record Verdict(Tone Tone, string Text, string? Detail = null);
