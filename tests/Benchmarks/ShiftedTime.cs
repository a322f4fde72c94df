namespace Iml4e.Benchmarks;

/// <summary>The system's clock, ahead by a fixed time.</summary>
internal sealed class ShiftedTime(TimeSpan ahead) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}
