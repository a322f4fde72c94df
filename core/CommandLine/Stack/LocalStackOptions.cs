namespace Iml4e.CommandLine.Stack;

/// <summary>What a local stack is made of.</summary>
/// <param name="DataFolder">Folder that keeps everything: blobs, durable state, logs.</param>
/// <param name="Port">TCP port of the app on 127.0.0.1; 0 picks a free one.</param>
internal sealed record LocalStackOptions(string DataFolder, int Port);
