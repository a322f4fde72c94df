namespace Iml4e.Inference;

/// <summary>How ONNX Runtime says that there is not enough memory; it has no code of its own for it.</summary>
internal static class NativeMemory
{
    private static readonly string[] Words = ["Failed to allocate memory", "Available memory of", "bad_alloc", "bad allocation", "Insufficient memory"];

    /// <summary>Whether the message speaks of a want of memory.</summary>
    internal static bool IsShort(string? message) => message is not null && Words.Any(w => message.Contains(w, StringComparison.Ordinal));
}
