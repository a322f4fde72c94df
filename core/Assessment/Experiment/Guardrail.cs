using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>A guardrail on rare events, <see cref="RareEventTest"/>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record Guardrail
{
    /// <summary>Its name, unique in the experiment.</summary>
    public string Name { get; init; } = "";

    /// <summary>"rareEvent", the only type.</summary>
    public string Type { get; init; } = "rareEvent";

    /// <summary>
    /// Which requests count, an <see cref="Acceptance.AcceptExpression"/> over latencyMs, status (HTTP) and error (0 or 1), such as "latencyMs &gt; 250";
    /// null for "error == 1".
    /// </summary>
    public string? Event { get; init; }

    /// <summary>α_g, chance of a false alarm over all looks; 0.01.</summary>
    public double Alpha { get; init; } = 0.01;

    /// <summary>The ratio of the challenger's event rate to the control's that is tolerated; 1.</summary>
    public double ToleranceRatio { get; init; } = 1;
}
