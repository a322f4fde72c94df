namespace Iml4e.Learning.Networks;

/// <summary>Numbers to learn, made to have mean 0 and deviation 1.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation, above 0.</param>
internal sealed record TargetScale(float Mean, float Deviation)
{
    /// <summary>Targets as they are.</summary>
    internal static TargetScale None { get; } = new(0, 1);

    /// <summary>The scale of rows, each by its weight.</summary>
    internal static TargetScale Of(FitData data)
    {
        double mean = data.MeanTarget(), squares = 0, weight = 0;
        for (var r = 0; r < data.Rows; r++)
        {
            var w = data.Weights?[r] ?? 1;
            (squares, weight) = (squares + w * (data.Targets[r] - mean) * (data.Targets[r] - mean), weight + w);
        }

        var deviation = (float)Math.Sqrt(squares / weight);
        return new TargetScale((float)mean, deviation > 0 && float.IsFinite(1 / deviation) ? deviation : 1);
    }

    /// <summary>What is learnt for a target.</summary>
    internal float Apply(double target) => (float)((target - Mean) / Deviation);
}
