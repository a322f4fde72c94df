namespace Iml4e.Functions.Adversarial;

/// <summary>Why a request that landed as a blob was not taken in.</summary>
internal sealed record RequestRefusal(string File, string Message);
