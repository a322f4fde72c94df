using Iml4e.Functions.Monitoring;

namespace Iml4e.Tests.Unit.Functions;

public sealed class OutcomeLossTests
{
    [Fact]
    public void Losses_are_means_over_the_rows()
    {
        Assert.Equal(1.5, OutcomeLoss.Of("absError", [1, 2], null, ["2", "4"]));
        Assert.Equal(2.5, OutcomeLoss.Of("squaredError", [1, 2], null, ["2", "4"]));
        Assert.Equal(0.5, OutcomeLoss.Of("zeroOne", null, ["up", "down"], ["up", "up"]));
        Assert.Equal(0.5, OutcomeLoss.Of("correct", null, ["up", "down"], ["up", "up"]));
    }

    [Theory]
    [InlineData("1", "1.0", 0)]
    [InlineData("1.0", "1", 0)]
    [InlineData("a", "1", 1)]
    public void Labels_of_whole_numbers_may_be_written_either_way(string label, string actual, double loss) =>
        Assert.Equal(loss, OutcomeLoss.Of("zeroOne", null, [label], [actual]));

    [Fact]
    public void What_does_not_fit_gives_nothing()
    {
        Assert.Null(OutcomeLoss.Of("absError", [1, 2], null, ["2"]));
        Assert.Null(OutcomeLoss.Of("absError", [1], null, ["much"]));
        Assert.Null(OutcomeLoss.Of("absError", [double.NaN], null, ["1"]));
        Assert.Null(OutcomeLoss.Of("absError", null, ["1"], ["1"]));
        Assert.Null(OutcomeLoss.Of("absError", null, null, []));
    }
}
