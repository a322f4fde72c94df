namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>How the candidates of a detector's output lie in memory; K = values of a candidate, A = anchors, N = images.</summary>
public enum HeadLayout
{
    /// <summary>[N, candidates, K].</summary>
    Points,

    /// <summary>[N, K, candidates].</summary>
    ChannelsPoints,

    /// <summary>[N, A·K, rows, columns].</summary>
    Grid,

    /// <summary>[N, A, rows, columns, K].</summary>
    GridLast,
}
