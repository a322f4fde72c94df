using System.Buffers;
using System.Text.Json.Serialization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// How challenger and champion are compared in production. Frozen when the experiment starts; the defaults are those of a daily-labelled model.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExperimentConfiguration
{
    /// <summary>Names that a guardrail's event may use.</summary>
    public static readonly IReadOnlyList<string> EventNames = ["latencyMs", "status", "error"];

    private static readonly SearchValues<char> HeaderCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>How the experiment is decided; sequential.</summary>
    public ExperimentMode Mode { get; init; } = ExperimentMode.Sequential;

    /// <summary>The plan of mode groupSequential, which needs one; null in the other modes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GroupSequentialOptions? GroupSequential { get; init; }

    /// <summary>
    /// How mode ctcde moves the traffic and what it asks of a version; null for the defaults of the original, and in the other modes. Which way the reward is
    /// better <see cref="Primary"/> says.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CtcdeOptions? Ctcde { get; init; }

    /// <summary>Which observations decide; auto.</summary>
    public ExperimentDesign Design { get; init; } = ExperimentDesign.Auto;

    /// <summary>
    /// Declares that the prediction does not influence the outcome (energy demand, weather-driven load), which lets auto choose shadow pairs.
    /// </summary>
    public bool OutcomeExogenous { get; init; }

    /// <summary>With shadow pairs: whether stages are walked through as a canary for the guardrails between decision and promotion; true.</summary>
    public bool CanaryRamp { get; init; } = true;

    /// <summary>What is randomised: header:NAME, json:$.path (a <see cref="UnitPath"/> in the body), or prediction (each request for itself).</summary>
    public string UnitKey { get; init; } = "header:x-iml4e-unit";

    /// <summary>Which hash assigns units; sha256.</summary>
    public AssignmentHash Hash { get; init; } = AssignmentHash.Sha256;

    /// <summary>The challenger's shares, strictly increasing in (0, 0.5]; 0.05, 0.25, 0.5.</summary>
    public IReadOnlyList<double> Stages { get; init; } = [0.05, 0.25, 0.50];

    /// <summary>Shortest stay in a stage; 1 hour.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan StageMinDwell { get; init; } = TimeSpan.FromHours(1);

    /// <summary>New units in each arm before a stage is left; 200.</summary>
    public int StageMinUnitsPerArm { get; init; } = 200;

    /// <summary>The metric that decides.</summary>
    public PrimaryMetric Primary { get; init; } = new();

    /// <summary>Error over all looks, in (0, 0.5); 0.05.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>N*, units in all at which the interval is tightest, at least 100; 5000.</summary>
    public double TuningN { get; init; } = 5000;

    /// <summary>What must be shown; superior.</summary>
    public DecisionRule Decision { get; init; } = DecisionRule.Superior;

    /// <summary>How much worse still counts as not inferior, in the metric's own unit; needed by nonInferior and promoteIfNonInferior.</summary>
    public double? NonInferiorityMargin { get; init; }

    /// <summary>Stops early for the champion once the upper end of the interval lies below this gain; null (off).</summary>
    public double? FutilityEffect { get; init; }

    /// <summary>Labelled units in each arm before anything is decided; 200, never fewer than 100.</summary>
    public int MinUnitsPerArm { get; init; } = 200;

    /// <summary>The longest time from start to decision; 14 days.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromDays(14);

    /// <summary>The most units in an arm; 200000.</summary>
    public long MaxUnitsPerArm { get; init; } = 200_000;

    /// <summary>What happens at the end without a decision; keepChampion.</summary>
    public TimeoutRule OnTimeout { get; init; } = TimeoutRule.KeepChampion;

    /// <summary>When outcomes count.</summary>
    public LabelTiming Labels { get; init; } = new();

    /// <summary>Guardrails; failed requests at α 0.01 by default.</summary>
    public IReadOnlyList<Guardrail> Guardrails { get; init; } = [new Guardrail { Name = "errors" }];

    /// <summary>The circuit breaker.</summary>
    public CircuitBreakerOptions CircuitBreaker { get; init; } = new();

    /// <summary>Limits of the sample-ratio tests.</summary>
    public SampleRatioOptions Srm { get; init; } = new();

    /// <summary>The shadow phase before any exposure.</summary>
    public SmokeOptions Smoke { get; init; } = new();

    /// <summary>How long the old champion is kept beside the new one; 2 days.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan PostPromotionWatch { get; init; } = TimeSpan.FromDays(2);

    /// <summary>The share of units held back on the old champion meanwhile, in [0, 0.5); 0.05.</summary>
    public double Holdback { get; init; } = 0.05;

    /// <summary>Where a person must agree; none.</summary>
    public ApprovalRule Approval { get; init; } = ApprovalRule.None;

    /// <summary>Time between looks; 60 seconds.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What mode ctcde goes by.</summary>
    [JsonIgnore]
    public CtcdeOptions EffectiveCtcde => (Ctcde ?? new CtcdeOptions()) with { PreferredDirection = Primary.Direction };

    /// <summary>Time between looks: an iteration's in mode ctcde.</summary>
    [JsonIgnore]
    public TimeSpan LookInterval => Mode == ExperimentMode.Ctcde ? EffectiveCtcde.Interval : EvaluationInterval;

    /// <summary>The design with auto resolved.</summary>
    [JsonIgnore]
    public ExperimentDesign EffectiveDesign => Design != ExperimentDesign.Auto ? Design
        : OutcomeExogenous ? ExperimentDesign.ShadowPaired : ExperimentDesign.AbTest;

    /// <summary>Everything that is wrong with the configuration, each with the JSON path of the field; empty when it can be used.</summary>
    /// <param name="path">The path of the configuration in the document, such as "experiment".</param>
    public IReadOnlyList<ConfigurationError> Validate(string path = "experiment")
    {
        var check = new ConfigurationCheck(path);
        CheckTraffic(check);
        CheckDecision(check);
        CheckGuards(check);
        if (Ctcde is null)
            return check.Errors;
        check.That(Mode == ExperimentMode.Ctcde, "ctcde", "belongs to mode ctcde alone");
        return [.. check.Errors, .. Ctcde.Validate(path.Length == 0 ? "ctcde" : path + ".ctcde")];
    }

    private void CheckTraffic(ConfigurationCheck check)
    {
        check.That(Enum.IsDefined(Mode), "mode", "is sequential, groupSequential or ctcde");
        check.That(Enum.IsDefined(Design), "design", "is auto, abTest or shadowPaired");
        check.That(Mode != ExperimentMode.Ctcde || EffectiveDesign == ExperimentDesign.AbTest, "mode", "ctcde knows only the design abTest");
        CheckPlan(check);
        check.That(IsUnitKey(UnitKey), "unitKey", "must be header:NAME, json:$.path (members by name, elements as [0]) or prediction");
        if (Stages is not { Count: > 0 and <= 20 })
            check.Fail("stages", "must list 1 to 20 shares");
        else
        {
            for (var i = 0; i < Stages.Count; i++)
            {
                check.That(Stages[i] is > 0 and <= 0.5, $"stages[{i}]", "must lie in (0, 0.5]");
                check.That(i == 0 || Stages[i] > Stages[i - 1], $"stages[{i}]", "must be larger than the stage before");
            }
        }
        check.That(StageMinDwell >= TimeSpan.Zero, "stageMinDwell", "must not be negative");
        check.That(StageMinUnitsPerArm >= 0, "stageMinUnitsPerArm", "must not be negative");
        check.That(EvaluationInterval >= TimeSpan.FromMilliseconds(100), "evaluationInterval", "must be at least 100ms");
        check.That(Holdback is >= 0 and < 0.5, "holdback", "must lie in [0, 0.5)");
        check.That(PostPromotionWatch >= TimeSpan.Zero, "postPromotionWatch", "must not be negative");
        check.That(Enum.IsDefined(Approval), "approval", "is none, beforeRamp or beforePromotion");
    }

    private void CheckPlan(ConfigurationCheck check)
    {
        if (Mode != ExperimentMode.GroupSequential)
        {
            check.That(GroupSequential is null, "groupSequential", "belongs to mode groupSequential alone");
            return;
        }
        if (GroupSequential is not { } plan)
        {
            check.Fail("groupSequential", "is needed by mode groupSequential, such as { unitsPerArm: 3300, looks: [0.25, 0.5, 0.75, 1] }");
            return;
        }
        check.That(Enum.IsDefined(plan.Spending), "groupSequential.spending", "is obrienFleming or pocock");
        check.That(plan.UnitsPerArm >= MinUnitsPerArm && plan.UnitsPerArm <= MaxUnitsPerArm, "groupSequential.unitsPerArm",
            "must lie between minUnitsPerArm and maxUnitsPerArm");
        if (plan.Looks is not { Count: > 0 and <= 20 })
        {
            check.Fail("groupSequential.looks", "must list 1 to 20 information fractions");
            return;
        }
        for (var i = 0; i < plan.Looks.Count; i++)
        {
            check.That(plan.Looks[i] - (i == 0 ? 0 : plan.Looks[i - 1]) >= GroupSequentialPlan.LeastStep - 1e-9, $"groupSequential.looks[{i}]",
                "must be at least 0.01 more than the look before");
        }
        check.That(plan.Looks[^1] == 1, $"groupSequential.looks[{plan.Looks.Count - 1}]", "must be 1, the end of the plan");
    }

    private void CheckDecision(ConfigurationCheck check)
    {
        if (Primary is null)
            check.Fail("primary", "must be given");
        else
        {
            check.That(!string.IsNullOrWhiteSpace(Primary.Name) && Primary.Name.Length <= 100, "primary.name", "must be a name of 1 to 100 characters");
            check.That(Enum.IsDefined(Primary.Aggregate), "primary.aggregate", "is unitMean or ratio");
            check.That(
                Primary.Aggregate != OutcomeAggregate.Ratio || (EffectiveDesign == ExperimentDesign.AbTest && Mode != ExperimentMode.Ctcde), "primary.aggregate",
                "ratio needs the design abTest, and is not known by mode ctcde");
            var quantiles = Primary.Winsorize;
            check.That(
                quantiles is null or { Count: 0 } || (quantiles.Count == 2 && quantiles[0] is >= 0 and < 1 && quantiles[1] <= 1 && quantiles[0] < quantiles[1]),
                "primary.winsorize", "must be empty or two ascending quantiles in [0, 1]");
        }
        check.That(Alpha is > 0 and < 0.5, "alpha", "must lie in (0, 0.5)");
        check.That(TuningN is >= 100 and <= 1e12, "tuningN", "must be at least 100");
        var margin = NonInferiorityMargin is > 0 && double.IsFinite(NonInferiorityMargin.Value);
        check.That(NonInferiorityMargin is null || margin, "nonInferiorityMargin", "must be positive");
        check.That(Decision != DecisionRule.NonInferior || margin, "nonInferiorityMargin", "is needed by decision nonInferior and must be positive");
        check.That(OnTimeout != TimeoutRule.PromoteIfNonInferior || margin, "nonInferiorityMargin",
            "is needed by onTimeout promoteIfNonInferior and must be positive");
        check.That(FutilityEffect is null || (FutilityEffect > 0 && double.IsFinite(FutilityEffect.Value)), "futilityEffect", "must be positive");
        check.That(MinUnitsPerArm >= 1, "minUnitsPerArm", "must be at least 1");
        check.That(MaxUnitsPerArm >= MinUnitsPerArm, "maxUnitsPerArm", "must not be below minUnitsPerArm");
        check.That(MaxDuration > TimeSpan.Zero, "maxDuration", "must be positive");
        if (Labels is null)
            check.Fail("labels", "must be given");
        else
        {
            check.That(Labels.Maturity >= TimeSpan.Zero, "labels.maturity", "must not be negative");
            check.That(Labels.Maturity <= Labels.Deadline, "labels.maturity", "must not exceed labels.deadline");
            check.That(Labels.Deadline <= MaxDuration, "labels.deadline", "must not exceed maxDuration");
        }
    }

    private void CheckGuards(ConfigurationCheck check)
    {
        if (Guardrails is null)
            check.Fail("guardrails", "must be a list");
        else
        {
            check.That(Guardrails.Count <= 50, "guardrails", "must be 50 at most");
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < Math.Min(Guardrails.Count, 50); i++)
                CheckGuardrail(check, $"guardrails[{i}]", Guardrails[i], names);
        }
        if (CircuitBreaker is null)
            check.Fail("circuitBreaker", "must be given");
        else
        {
            check.That(CircuitBreaker.Window > TimeSpan.Zero, "circuitBreaker.window", "must be positive");
            check.That(CircuitBreaker.MinRequests >= 1, "circuitBreaker.minRequests", "must be at least 1");
            check.That(CircuitBreaker.ErrorRate is > 0 and <= 1, "circuitBreaker.errorRate", "must lie in (0, 1]");
        }
        if (Srm is null)
            check.Fail("srm", "must be given");
        else
        {
            check.That(Srm.AlphaFixed is > 0 and < 0.5, "srm.alphaFixed", "must lie in (0, 0.5)");
            check.That(Srm.AlphaSequential is > 0 and < 0.5, "srm.alphaSequential", "must lie in (0, 0.5)");
        }
        if (Smoke is null)
            check.Fail("smoke", "must be given");
        else
        {
            check.That(Smoke.MinRequests >= 1, "smoke.minRequests", "must be at least 1");
            check.That(Smoke.MaxDuration > TimeSpan.Zero, "smoke.maxDuration", "must be positive");
            check.That(Smoke.MaxErrorRate is >= 0 and <= 1, "smoke.maxErrorRate", "must lie in [0, 1]");
            check.That(Smoke.MaxLatencyRatio >= 1, "smoke.maxLatencyRatio", "must be at least 1");
            check.That(Smoke.LatencyFloorMs >= 0, "smoke.latencyFloorMs", "must not be negative");
        }
    }

    private static void CheckGuardrail(ConfigurationCheck check, string path, Guardrail? guardrail, HashSet<string> names)
    {
        if (guardrail is null)
        {
            check.Fail(path, "must be given");
            return;
        }
        check.That(!string.IsNullOrWhiteSpace(guardrail.Name) && guardrail.Name.Length <= 100, path + ".name", "must be a name of 1 to 100 characters");
        check.That(names.Add(guardrail.Name ?? ""), path + ".name", "must be unique");
        check.That(guardrail.Type == "rareEvent", path + ".type", "must be rareEvent");
        check.That(guardrail.Alpha is > 0 and < 0.5, path + ".alpha", "must lie in (0, 0.5)");
        check.That(guardrail.ToleranceRatio is > 0 and <= 1000, path + ".toleranceRatio", "must lie in (0, 1000]");
        if (guardrail.Event is null)
            return;
        try
        {
            var expression = AcceptExpression.Parse(guardrail.Event);
            foreach (var name in expression.Names)
                check.That(EventNames.Contains(name), path + ".event", $"knows no '{name}'; it may use {string.Join(", ", EventNames)}");
        }
        catch (AcceptExpressionException e)
        {
            check.Fail(path + ".event", e.Message);
        }
    }

    private static bool IsUnitKey(string? key) => key switch
    {
        null => false,
        "prediction" => true,
        _ when key.Length > 200 => false,
        _ when key.StartsWith("header:", StringComparison.Ordinal) =>
            key.Length > 7 && key.AsSpan(7).IndexOfAnyExcept(HeaderCharacters) < 0,
        _ => key.StartsWith("json:", StringComparison.Ordinal) && UnitPath.TryParse(key.AsSpan(5), out _),
    };
}
