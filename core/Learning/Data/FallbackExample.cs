namespace Iml4e.Learning;

/// <summary>A value that did not fit the kind that a column would else have had.</summary>
/// <param name="Row">Its row, 1 = the first.</param>
/// <param name="Line">Line of the file in which the row starts, 1 = the first.</param>
/// <param name="Value">The value, at most 40 characters of it; null when it is withheld.</param>
/// <param name="Expected">What it is not: "a number" or "a date".</param>
public sealed record FallbackExample(int Row, int Line, string? Value, string Expected);
