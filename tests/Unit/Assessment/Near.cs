namespace Iml4e.Tests.Unit.Assessment;

internal static class Near
{
    /// <summary>Relative to the expected value, or absolute where that is zero.</summary>
    public static void Relative(double expected, double? actual, double tolerance = 1e-9)
    {
        Assert.NotNull(actual);
        var scale = expected == 0 ? 1 : Math.Abs(expected);
        Assert.True(Math.Abs(expected - actual.Value) <= tolerance * scale, $"expected {expected:R}, got {actual:R}");
    }
}
