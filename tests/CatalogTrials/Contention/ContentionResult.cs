namespace Iml4e.CatalogTrials.Contention;

/// <summary>How a trial came out.</summary>
/// <param name="Writes">Writes acknowledged.</param>
/// <param name="Requests">Requests that the storage's proxy saw.</param>
/// <param name="Faults">Of these, those that went wrong.</param>
/// <param name="Seconds">How long the writing took.</param>
/// <param name="Problems">Lost updates, dangling references, faults of the verification; empty when all is well.</param>
internal sealed record ContentionResult(int Writes, long Requests, long Faults, double Seconds, IReadOnlyList<string> Problems);
