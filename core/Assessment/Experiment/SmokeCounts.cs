namespace Iml4e.Assessment.Experiment;

/// <summary>What the shadow phase has seen.</summary>
/// <param name="Requests">Shadow requests scored, failed ones included.</param>
/// <param name="Errors">Of these, failed.</param>
/// <param name="NonFinite">Answers with NaN or an infinity.</param>
/// <param name="SchemaMismatches">Answers whose outputs differ from the champion's in names, datatypes or shapes.</param>
/// <param name="ChampionP95Ms">The champion's 95th percentile latency, milliseconds; null if unknown.</param>
/// <param name="ChallengerP95Ms">The challenger's.</param>
public sealed record SmokeCounts(long Requests, long Errors, long NonFinite, long SchemaMismatches, double? ChampionP95Ms, double? ChallengerP95Ms);
