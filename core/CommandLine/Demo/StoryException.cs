namespace Iml4e.CommandLine.Demo;

/// <summary>The story cannot go on; the message says why.</summary>
internal sealed class StoryException(string message) : Exception(message);
