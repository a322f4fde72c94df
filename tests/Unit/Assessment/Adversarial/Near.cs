namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>Comparison within the tolerance of the known-answer vectors.</summary>
internal static class Near
{
    internal static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"[{string.Join(' ', expected.ToArray())}] against [{string.Join(' ', actual.ToArray())}]");
    }
}
