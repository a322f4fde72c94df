using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>How a group-sequential plan spends its error over its looks (Lan and DeMets, 1983).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<SpendingFunction>))]
public enum SpendingFunction
{
    /// <summary>Little early, nearly all at the end: 4(1 − Φ(z₁₋α⸝₄/√t)), both sides together.</summary>
    ObrienFleming,

    /// <summary>Nearly even: α·ln(1 + (e − 1)t).</summary>
    Pocock,
}
