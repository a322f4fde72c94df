namespace Iml4e.Learning.Networks;

/// <summary>The learning rate of each step.</summary>
public sealed record LearningRateSchedule
{
    private const double Rise = 0.3;
    private const double CycleStart = 1.0 / 25;

    /// <summary>How it goes.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Constant;

    /// <summary>Steps over which it rises from 0 at first, whatever the kind.</summary>
    public int WarmUp { get; init; }

    /// <summary>Epochs after which a step schedule falls.</summary>
    public int Every { get; init; } = 10;

    /// <summary>What a step schedule multiplies by.</summary>
    public double Factor { get; init; } = 0.1;

    /// <summary>Share of the rate that cosine and one_cycle end at.</summary>
    public double Floor { get; init; }

    /// <summary>The rate of a step.</summary>
    /// <param name="rate">The full rate.</param>
    /// <param name="step">Steps taken before, from 0.</param>
    /// <param name="total">Steps of the whole training.</param>
    /// <param name="perEpoch">Steps of an epoch.</param>
    public double At(double rate, long step, long total, long perEpoch)
    {
        if (step < WarmUp)
            return rate * (step + 1) / WarmUp;
        var (done, all) = ((double)(step - WarmUp), (double)Math.Max(1, total - WarmUp));
        return Kind switch
        {
            ScheduleKind.Step => rate * Math.Pow(Factor, step / (perEpoch * Every)),
            ScheduleKind.Cosine => rate * Between(1, Floor, done / all),
            ScheduleKind.OneCycle when done < Rise * all => rate * Between(CycleStart, 1, done / (Rise * all)),
            ScheduleKind.OneCycle => rate * Between(1, Floor, (done - Rise * all) / ((1 - Rise) * all)),
            _ => rate,
        };
    }

    private static double Between(double from, double to, double share) => to + (from - to) * (1 + Math.Cos(Math.PI * Math.Min(1, share))) / 2;
}
