using System.Text.Json;
using Iml4e.Assessment;
using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class ExperimentConfigurationTests
{
    [Fact]
    public void DefaultsAreValidAndSurviveJson()
    {
        var config = new ExperimentConfiguration();
        Assert.Empty(config.Validate());
        var json = JsonSerializer.Serialize(config, ExperimentJson.Options);
        var read = JsonSerializer.Deserialize<ExperimentConfiguration>(json, ExperimentJson.Options)!;
        Assert.Equal(json, JsonSerializer.Serialize(read, ExperimentJson.Options));
        Assert.Equal(ExperimentJson.Hash(config), ExperimentJson.Hash(read));
        Assert.Contains("\"maxDuration\":\"14d\"", json, StringComparison.Ordinal);
        Assert.Contains("\"decision\":\"superior\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsThePipelineDocument()
    {
        const string Json = """
            { "design": "shadowPaired", "unitKey": "prediction", "stages": [0.05, 0.25, 0.5], "stageMinDwell": "5s", "stageMinUnitsPerArm": 50,
              "primary": { "name": "absError", "type": "continuous", "direction": "lower", "winsorize": [0.001, 0.999] }, "alpha": 0.05, "tuningN": 2000,
              "minUnitsPerArm": 100, "maxDuration": "7d", "maxUnitsPerArm": 200000, "decision": "nonInferior", "nonInferiorityMargin": 0.1,
              "evaluationInterval": "2s", "labels": { "maturity": "0s", "deadline": "7.00:00:00" }, "hash": "growthbook-v2",
              "guardrails": [ { "name": "slow", "type": "rareEvent", "event": "latencyMs>250", "alpha": 0.01, "toleranceRatio": 1.2 } ],
              "postPromotionWatch": "00:00:05", "holdback": 0.05, "approval": "beforePromotion" }
            """;
        var config = JsonSerializer.Deserialize<ExperimentConfiguration>(Json, ExperimentJson.Options)!;
        Assert.Empty(config.Validate());
        Assert.Equal(TimeSpan.FromSeconds(5), config.StageMinDwell);
        Assert.Equal(TimeSpan.FromDays(7), config.Labels.Deadline);
        Assert.Equal(AssignmentHash.GrowthBookV2, config.Hash);
        var slow = GuardrailEvent.Of(config.Guardrails[0]);
        Assert.True(slow.Matches(251, 200, false));
        Assert.False(slow.Matches(250, 500, true));
        Assert.True(GuardrailEvent.Of(new Guardrail()).Matches(1, 500, true));
    }

    [Theory]
    [InlineData("""{ "sages": [0.1] }""")]
    [InlineData("""{ "design": 1 }""")]
    [InlineData("""{ "mode": "bayesian" }""")]
    [InlineData("""{ "maxDuration": 7 }""")]
    [InlineData("""{ "maxDuration": "soon" }""")]
    [InlineData("""{ "primary": { "nam": "x" } }""")]
    public void RefusesWhatItDoesNotKnow(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ExperimentConfiguration>(json, ExperimentJson.Options));

    public static TheoryData<string, ExperimentConfiguration> Wrong => new()
    {
        { "stages[1]", new() { Stages = [0.25, 0.25] } },
        { "stages[0]", new() { Stages = [0.6] } },
        { "stages[0]", new() { Stages = [double.NaN] } },
        { "stages", new() { Stages = [] } },
        { "stages", new() { Stages = null! } },
        { "alpha", new() { Alpha = 0.5 } },
        { "alpha", new() { Alpha = double.NaN } },
        { "tuningN", new() { TuningN = 99 } },
        { "labels.maturity", new() { Labels = new() { Maturity = TimeSpan.FromDays(8) } } },
        { "labels.deadline", new() { MaxDuration = TimeSpan.FromDays(6) } },
        { "labels", new() { Labels = null! } },
        { "nonInferiorityMargin", new() { Decision = DecisionRule.NonInferior } },
        { "nonInferiorityMargin", new() { OnTimeout = TimeoutRule.PromoteIfNonInferior } },
        { "holdback", new() { Holdback = 0.5 } },
        { "primary.winsorize", new() { Primary = new() { Winsorize = [0.9, 0.1] } } },
        { "unitKey", new() { UnitKey = "cookie" } },
        { "guardrails[1].name", new() { Guardrails = [new() { Name = "a" }, new() { Name = "a" }] } },
        { "guardrails[0].event", new() { Guardrails = [new() { Name = "a", Event = "latency > 3" }] } },
        { "guardrails[0].event", new() { Guardrails = [new() { Name = "a", Event = "latencyMs >" }] } },
        { "guardrails[0]", new() { Guardrails = [null!] } },
        { "maxUnitsPerArm", new() { MaxUnitsPerArm = 1 } },
        { "mode", new() { Mode = ExperimentMode.Ctcde, Design = ExperimentDesign.ShadowPaired } },
        { "ctcde", new() { Ctcde = new() } },
        { "ctcde.interval", new() { Mode = ExperimentMode.Ctcde, Ctcde = new() { Interval = TimeSpan.Zero } } },
        { "primary.aggregate", new() { OutcomeExogenous = true, Primary = new() { Aggregate = OutcomeAggregate.Ratio } } },
        { "groupSequential", new() { Mode = ExperimentMode.GroupSequential } },
        { "groupSequential", new() { GroupSequential = new() { UnitsPerArm = 1000 } } },
        { "groupSequential.unitsPerArm", new() { Mode = ExperimentMode.GroupSequential, GroupSequential = new() } },
        { "groupSequential.looks", new() { Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 1000, Looks = [] } } },
        { "groupSequential.looks[1]", new() { Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 1000, Looks = [0.5, 0.5, 1] } } },
        { "groupSequential.looks[1]", new() { Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 1000, Looks = [0.5, 0.9] } } },
        { "smoke.minRequests", new() { Smoke = new() { MinRequests = 0 } } },
        { "circuitBreaker.errorRate", new() { CircuitBreaker = new() { ErrorRate = 0 } } },
        { "srm", new() { Srm = null! } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void NamesTheFieldThatIsWrong(string path, ExperimentConfiguration config) =>
        Assert.Contains("experiment." + path, config.Validate().Select(e => e.Path));

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("6h", 21600)]
    [InlineData("7d", 604800)]
    [InlineData("10m", 600)]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5h", 5400)]
    [InlineData("0s", 0)]
    [InlineData("01:02:03", 3723)]
    [InlineData("1:02:03", 3723)]
    [InlineData("1.00:00:00", 86400)]
    [InlineData("14.00:00:00", 1209600)]
    public void DurationsAsPeopleWriteThem(string text, double seconds)
    {
        var value = DurationText.Parse(text);
        Assert.Equal(seconds, value.TotalSeconds);
        Assert.Equal(value, DurationText.Parse(DurationText.Format(value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("7")]
    [InlineData("-1s")]
    [InlineData("-01:00:00")]
    [InlineData("s")]
    [InlineData("1,5h")]
    [InlineData("99999999999999999999d")]
    [InlineData("4000d")]
    [InlineData("25:00:00")]
    [InlineData("1 d")]
    public void RefusesOtherDurations(string? text)
    {
        Assert.False(DurationText.TryParse(text, out _));
        Assert.Contains("90s", Assert.Throws<FormatException>(() => DurationText.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CapsComeFromTheReference()
    {
        var caps = WinsorCaps.Of(Enumerable.Range(0, 1001).Select(i => (double)i), [0.01, 0.99])!;
        Assert.Equal(new WinsorCaps(10, 990), caps);
        Assert.Equal(990, caps.Apply(5000));
        Assert.Null(WinsorCaps.Of([1, 2, 3], [0.01, 0.99]));
        Assert.Null(WinsorCaps.Of(Enumerable.Repeat(1.0, 200), []));
    }
}
