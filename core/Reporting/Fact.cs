namespace Iml4e.Reporting;

/// <summary>A key and its value.</summary>
/// <param name="Key">Such as "model digest".</param>
/// <param name="Value">Such as "sha256:…"; shown in full, in a fixed-width face.</param>
public sealed record Fact(string Key, string Value);
