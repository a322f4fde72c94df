namespace Iml4e.CommandLine.Stack;

/// <summary>What a local stack is made of.</summary>
/// <param name="DataFolder">Folder that keeps everything: blobs, durable state, logs.</param>
/// <param name="Port">TCP port of the app on 127.0.0.1; 0 picks a free one.</param>
/// <param name="Settings">Further settings of the app as environment variables, such as <c>LocalRuntime__BlobPollInterval</c>; null for none.</param>
internal sealed record LocalStackOptions(string DataFolder, int Port, IReadOnlyDictionary<string, string>? Settings = null);
