namespace Iml4e.Assessment.Metrics;

/// <summary>How one class fares.</summary>
/// <param name="Class">The class.</param>
/// <param name="Support">How often it is the truth.</param>
/// <param name="Precision">TP/(TP+FP); null when never predicted.</param>
/// <param name="Recall">TP/(TP+FN); null when never the truth.</param>
/// <param name="F1">2TP/(2TP+FP+FN); null when neither.</param>
public sealed record ClassMetrics(string Class, int Support, double? Precision, double? Recall, double? F1);
