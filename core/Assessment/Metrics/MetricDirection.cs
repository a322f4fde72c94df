using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Metrics;

/// <summary>Which way a metric is better.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<MetricDirection>))]
public enum MetricDirection
{
    /// <summary>Lower is better.</summary>
    Lower,

    /// <summary>Higher is better.</summary>
    Higher,

    /// <summary>The nearer to zero the better.</summary>
    Zero,
}
