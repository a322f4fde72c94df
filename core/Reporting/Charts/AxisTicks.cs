using System.Globalization;

namespace Iml4e.Reporting.Charts;

/// <summary>The ticks of an axis and the range it spans.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
/// <param name="Ticks">Where ticks stand, with their labels.</param>
internal sealed record AxisTicks(double Low, double High, IReadOnlyList<(double At, string Label)> Ticks)
{
    // Below this the powers of ten that ticks are made of lose their digits.
    private const double Least = 1e-290;

    private static readonly double[] Steps = [1, 2, 2.5, 5, 10];

    private static readonly (double Milliseconds, string Format)[] TimeSteps =
    [
        (1, "ss.fff"), (10, "ss.fff"), (100, "ss.f"), (1000, "HH:mm:ss"), (5000, "HH:mm:ss"), (15_000, "HH:mm:ss"), (30_000, "HH:mm:ss"),
        (60_000, "HH:mm"), (300_000, "HH:mm"), (900_000, "HH:mm"), (1_800_000, "HH:mm"), (3_600_000, "HH:mm"), (10_800_000, "MM-dd HH:mm"),
        (21_600_000, "MM-dd HH:mm"), (43_200_000, "MM-dd HH:mm"), (86_400_000, "MM-dd"), (172_800_000, "MM-dd"), (604_800_000, "MM-dd"),
        (1_209_600_000, "MM-dd"), (2_629_800_000, "yyyy-MM-dd"), (7_889_400_000, "yyyy-MM-dd"), (31_557_600_000, "yyyy-MM-dd"),
    ];

    /// <summary>Ticks at round numbers, the range widened to them.</summary>
    /// <param name="low">Least value.</param>
    /// <param name="high">Greatest value.</param>
    /// <param name="wanted">About how many ticks.</param>
    public static AxisTicks Numbers(double low, double high, int wanted)
    {
        (low, high) = Spread(low, high);
        var rough = (high - low) / Math.Max(1, wanted);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = Steps.First(s => s * power >= rough * 0.999999) * power;
        double first = Math.Floor(low / step + 1e-9), last = Math.Ceiling(high / step - 1e-9);
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9) + (step / power == 2.5 ? 1 : 0), 0, 12);
        var ticks = new List<(double, string)>();
        for (var i = first; i <= last && ticks.Count < 50; i++)
        {
            var value = i * step;
            ticks.Add((value, Label(i == 0 ? 0 : value, step, decimals)));
        }
        return new AxisTicks(first * step, last * step, ticks);
    }

    /// <summary>Ticks at round times, UTC, inside the range.</summary>
    public static AxisTicks Times(double low, double high, int wanted)
    {
        (low, high) = Spread(low, high);
        low = Math.Clamp(low, -62_000_000_000_000, 253_000_000_000_000);
        high = Math.Clamp(high, low + 1, 253_300_000_000_000);
        var rough = (high - low) / Math.Max(1, wanted);
        var (step, format) = TimeSteps.FirstOrDefault(s => s.Milliseconds >= rough, TimeSteps[^1]);
        step *= Math.Max(1, Math.Ceiling(rough / step));
        var ticks = new List<(double, string)>();
        for (var at = Math.Ceiling(low / step) * step; at <= high && ticks.Count < 50; at += step)
            ticks.Add((at, DateTimeOffset.FromUnixTimeMilliseconds((long)at).ToString(format, CultureInfo.InvariantCulture)));
        return new AxisTicks(low, high, ticks);
    }

    private static (double Low, double High) Spread(double low, double high)
    {
        if (!double.IsFinite(low) || !double.IsFinite(high))
            return (0, 1);
        low = Math.Clamp(low, -1e300, 1e300);
        high = Math.Clamp(high, -1e300, 1e300);
        if (high - low > Math.Max(Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-9, Least))
            return (low, high);
        var pad = Math.Abs(low) < Least ? 1 : Math.Abs(low) * 0.05;
        return (low - pad, high + pad);
    }

    private static string Label(double value, double step, int decimals) => step is >= 1e6 or < 1e-6
        ? NumberText.Significant(value, 4)
        : NumberText.Show(value, decimals == 0 ? "0" : "0." + new string('0', decimals));
}
