namespace Iml4e.CommandLine.Channels;

/// <summary>What was sent must not be used: its signature, its digest, its age or its place in the sequence is wrong.</summary>
internal sealed class RefusedException(string message) : Exception(message);
