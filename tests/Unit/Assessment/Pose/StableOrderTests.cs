using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>The order that detections are taken in.</summary>
public sealed class StableOrderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1000)]
    [InlineData(4097)]
    public void Equal_numbers_keep_their_order(int count)
    {
        var random = new Random(count);
        for (var kinds = 1; kinds <= 1000; kinds *= 10)
        {
            var scores = Enumerable.Range(0, count).Select(_ => (random.Next(kinds) - (kinds / 2)) / 7.0).ToArray();
            Assert.Equal(Enumerable.Range(0, count).OrderByDescending(i => scores[i]), StableOrder.Descending(scores));
            var keys = Enumerable.Range(0, count).Select(_ => random.NextInt64(-kinds, kinds)).ToArray();
            var (expected, sorted) = (Enumerable.Range(0, count).OrderBy(i => keys[i]).ToArray(), keys.Order().ToArray());
            Assert.Equal(expected, StableOrder.Sort(keys));
            Assert.Equal(sorted, keys);
        }
    }

    [Fact]
    public void What_is_not_a_number_is_last_and_zeros_are_equal()
    {
        double[] scores =
            [double.NaN, -0.0, 0.0, double.NegativeInfinity, 5e-324, double.PositiveInfinity, -5e-324, -double.NaN, double.MaxValue, double.MinValue];
        Assert.Equal([5, 8, 4, 1, 2, 6, 9, 3, 0, 7], StableOrder.Descending(scores));
    }
}
