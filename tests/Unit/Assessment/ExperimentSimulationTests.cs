using Iml4e.Benchmarks.Simulations;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>The bars of the specification, section 16, with fewer runs than <c>./iml4e bench experiment</c> has.</summary>
public sealed class ExperimentSimulationTests
{
    [Theory]
    [InlineData("Bernoulli 0.02", 0.02)]
    [InlineData("Bernoulli 0.1", 0.10)]
    [InlineData("Bernoulli 0.9", 0.90)]
    [InlineData("lognormal", null)]
    public void PeekingAtNothingFindsNothing(string name, double? rate) => Met(ExperimentSimulations.Peeking(name, rate, rate is null ? 200 : 400));

    [Fact]
    public void ABetterChallengerIsFoundAndAWorseOneHarms() => Met(ExperimentSimulations.Power(100));

    [Fact]
    public void TheGuardrailIsQuickAndQuiet() => Met(ExperimentSimulations.Guardrail(200));

    [Fact]
    public void LabelsThatComeLateDoNotFool() => Met(ExperimentSimulations.LateLabels(3));

    [Fact]
    public void PairsNeedFarFewerRequestsThanASplit() => Met(ExperimentSimulations.Pairs(50));

    [Fact]
    public void LostLogsAreNoticed() => Met(ExperimentSimulations.LostLogs(60, 100));

    [Fact]
    public void ThePointEstimateOfTheOldPipelinePromotesWhatIsNotBetter()
    {
        var figures = ExperimentSimulations.PointEstimates(200).ToList();
        Assert.InRange(figures[0].Value, 0.3, 0.7);
        Assert.InRange(figures[1].Value, 0.05, 0.5);
    }

    private static void Met(IEnumerable<SimulatedFigure> figures) =>
        Assert.All(figures, figure => Assert.True(figure.Met, $"{figure.What}: {figure.Shown}, bar {figure.Bar}"));
}
