namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>The version of a blob that triggered is no longer there: overwritten, and then triggering by itself, or deleted.</summary>
internal sealed class BlobVersionGoneException(Exception? innerException = null) : Exception("The blob was changed or deleted.", innerException);
