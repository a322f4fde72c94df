namespace Iml4e.CommandLine.Stack;

/// <summary>The local stack cannot be started or has broken down; the message says why and what to do.</summary>
internal sealed class StackException(string message) : Exception(message);
