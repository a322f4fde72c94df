namespace Iml4e.Assessment.Acceptance;

/// <summary>What an acceptance expression came to.</summary>
/// <param name="Accepted">Whether it is true.</param>
/// <param name="Explanation">Each comparison with its values, such as "mae 1.92 &lt;= champion.mae 2.1 * 1.02 = 2.142: true".</param>
public sealed record AcceptResult(bool Accepted, string Explanation);
