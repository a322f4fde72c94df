using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Where a person must agree.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ApprovalRule>))]
public enum ApprovalRule
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Before the challenger sees any traffic.</summary>
    BeforeRamp,

    /// <summary>Before the challenger becomes champion.</summary>
    BeforePromotion,
}
