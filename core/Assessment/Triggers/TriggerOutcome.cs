using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Triggers;

/// <summary>What a score led to.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TriggerOutcome>))]
public enum TriggerOutcome
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>There was no score; counters stand.</summary>
    NoData,

    /// <summary>Retrain now.</summary>
    Triggered,

    /// <summary>It would have triggered, but the cool-down is not over.</summary>
    SuppressedByCooldown,

    /// <summary>It would have triggered, but the day's cap is reached.</summary>
    SuppressedByDailyCap,

    /// <summary>It is armed again.</summary>
    Rearmed,
}
