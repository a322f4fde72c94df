namespace Iml4e.Inference;

/// <summary>What a <see cref="SessionCache"/> holds and has done so far.</summary>
/// <param name="Sessions">Sessions held now.</param>
/// <param name="Leased">Of these, in use.</param>
/// <param name="Bytes">Their estimated memory.</param>
/// <param name="Hits">Requests served from the cache or by joining a load under way.</param>
/// <param name="Misses">Requests that began a load.</param>
/// <param name="Failures">Loads that failed.</param>
/// <param name="Evictions">Sessions let go for want of room or use.</param>
/// <param name="LoadTime">Time spent loading, all loads together.</param>
public sealed record SessionCacheStatistics(int Sessions, int Leased, long Bytes, long Hits, long Misses, long Failures, long Evictions, TimeSpan LoadTime);
