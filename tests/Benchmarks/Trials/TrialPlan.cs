using System.Text.Json.Nodes;

namespace Iml4e.Benchmarks.Trials;

/// <summary>The experiment of a trial in compressed time: seconds stand for days.</summary>
internal static class TrialPlan
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>How much later a bad outcome is told, where it is.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(4);

    /// <summary>Age at which an outcome counts, where labels come late.</summary>
    public static readonly TimeSpan Maturity = TimeSpan.FromSeconds(6);

    /// <summary>Iterations of mode ctcde.</summary>
    public const int Iterations = 15;

    /// <summary>The configuration as a user would write it.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="trial">The case.</param>
    /// <param name="mode">sequential or ctcde.</param>
    /// <param name="seconds">Longest duration.</param>
    /// <param name="slowMs">Latency that is slow, milliseconds.</param>
    public static JsonObject Configuration(TrialScene scene, TrialCase trial, string mode, int seconds, double slowMs)
    {
        var late = trial == TrialCase.LateLabels;
        // So many that one in twenty failures shows before the better answers do.
        var least = trial == TrialCase.Failing ? 600 : 100;
        var configuration = JsonNode.Parse(FormattableString.Invariant($$"""
            {
              "mode": "{{mode}}", "design": "abTest", "stages": [0.2, 0.5], "stageMinDwell": "1s", "stageMinUnitsPerArm": 50,
              "primary": { "name": "{{scene.Metric}}", "type": "{{(scene.IsBinary ? "binary" : "continuous")}}", "direction": "lower", "winsorize": [] },
              "tuningN": 1000, "minUnitsPerArm": {{least}}, "maxDuration": "{{seconds}}s", "evaluationInterval": "{{Look.TotalMilliseconds}}ms",
              "labels": { "maturity": "{{(late ? Maturity.TotalSeconds : 0)}}s", "deadline": "{{seconds}}s" },
              "guardrails": [{ "name": "errors" }, { "name": "slow", "event": "latencyMs > {{slowMs}}", "toleranceRatio": 1.2 }],
              "circuitBreaker": { "errorRate": 0.5 }, "smoke": { "enabled": false }, "postPromotionWatch": "2s", "holdback": 0.1
            }
            """))!.AsObject();
        if (mode == "ctcde")
        {
            configuration["ctcde"] = JsonNode.Parse(FormattableString.Invariant($$"""
                {
                  "interval": "1s", "iterationsPerLoop": {{Iterations}},
                  "objectives": [{ "metric": "errorRate", "upperLimit": 0.02 }, { "metric": "latencyMs", "upperLimit": {{slowMs}} }]
                }
                """));
        }

        return configuration;
    }
}
