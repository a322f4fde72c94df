using System.Globalization;

namespace Iml4e.Benchmarks.Simulations;

/// <summary>A figure seen in simulation, beside its bar.</summary>
/// <param name="Number">Number of the bar in the specification of the adaptive pipeline, section 16; 0 for a figure without a bar.</param>
/// <param name="What">What was simulated.</param>
/// <param name="Value">The figure.</param>
/// <param name="Least">The least that keeps the bar, null for none.</param>
/// <param name="Most">The most that keeps the bar, null for none.</param>
internal sealed record SimulatedFigure(int Number, string What, double Value, double? Least = null, double? Most = null)
{
    /// <summary>Whether the figure keeps its bar.</summary>
    public bool Met => !(Value < Least) && !(Value > Most) && !double.IsNaN(Value);

    /// <summary>The bar as text.</summary>
    public string Bar => (Least, Most) switch
    {
        (null, null) => "none",
        ({ } least, null) => ">= " + Text(least),
        (null, { } most) => "<= " + Text(most),
        ({ } least, { } most) => $"{Text(least)} to {Text(most)}",
    };

    /// <summary>The figure as text.</summary>
    public string Shown => Text(Value);

    private static string Text(double value) => value.ToString("0.#####", CultureInfo.InvariantCulture);
}
