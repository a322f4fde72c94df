using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Functions.Monitoring;

/// <summary>The outcome of one prediction against what really happened, in the units of the experiment's primary metric.</summary>
internal static class OutcomeLoss
{
    /// <summary>Metrics known: <c>absError</c>, <c>squaredError</c> (mean over the rows of the request), <c>zeroOne</c>, <c>correct</c> (share of rows).</summary>
    public static IReadOnlyList<string> Names { get; } = ["absError", "squaredError", "zeroOne", "correct"];

    /// <summary>The metric that a task is watched by.</summary>
    public static string DefaultFor(bool labels) => labels ? "zeroOne" : "absError";

    /// <summary>Computes the outcome; null when prediction and actual do not fit together.</summary>
    /// <param name="metric">Name of the metric.</param>
    /// <param name="values">Predicted numbers, a row each.</param>
    /// <param name="labels">Predicted labels, a row each.</param>
    /// <param name="actual">What happened, as text, a row each; numbers in invariant form.</param>
    public static double? Of(string metric, double[]? values, string[]? labels, IReadOnlyList<string> actual)
    {
        var rows = labels?.Length ?? values?.Length ?? 0;
        if (rows == 0 || actual.Count != rows)
            return null;
        double sum = 0;
        for (var i = 0; i < rows; i++)
        {
            var numeric = double.TryParse(actual[i], System.Globalization.CultureInfo.InvariantCulture, out var truth);
            double? loss = metric switch
            {
                "absError" when values is not null && numeric => Math.Abs(values[i] - truth),
                "squaredError" when values is not null && numeric => (values[i] - truth) * (values[i] - truth),
                "zeroOne" => Same(labels, values, i, actual[i], numeric, truth) ? 0 : 1,
                "correct" => Same(labels, values, i, actual[i], numeric, truth) ? 1 : 0,
                _ => null,
            };
            if (loss is not { } known || !double.IsFinite(known))
                return null;
            sum += known;
        }

        return sum / rows;
    }

    /// <summary>What happened, a row each, from the log; empty when the log does not say.</summary>
    public static IReadOnlyList<string> Rows(JsonNode? actual) => actual switch
    {
        JsonArray list => [.. list.Select(Text)],
        null => [],
        _ => [Text(actual)],
    };

    private static string Text(JsonNode? node) =>
        node is null ? "" : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();

    private static bool Same(string[]? labels, double[]? values, int row, string actual, bool numeric, double truth)
    {
        if (labels is null)
            return numeric && values![row] == truth;
        // A label column of whole numbers may be written 1 by one side and 1.0 by the other.
        return string.Equals(labels[row], actual, StringComparison.Ordinal)
            || (numeric && double.TryParse(labels[row], System.Globalization.CultureInfo.InvariantCulture, out var label) && label == truth);
    }
}
