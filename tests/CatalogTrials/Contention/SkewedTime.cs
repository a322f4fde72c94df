namespace Iml4e.CatalogTrials.Contention;

/// <summary>A clock that is wrong by so much.</summary>
internal sealed class SkewedTime(TimeSpan skew) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + skew;
}
