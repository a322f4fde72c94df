namespace Iml4e.CommandLine.Jobs;

/// <summary>The request that a person wrote is wrong; the message says where and what would be right.</summary>
internal sealed class RequestException(string message) : Exception(message);
