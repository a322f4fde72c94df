namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A payload, or its beginning.</summary>
/// <param name="Text">The JSON as it is kept.</param>
/// <param name="Length">The length of the whole, in characters.</param>
internal sealed record PayloadPreview(string Text, int Length);
