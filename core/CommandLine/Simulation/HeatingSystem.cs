namespace Iml4e.CommandLine.Simulation;

/// <summary>How heat is made and what the meter counts for it.</summary>
internal abstract record HeatingSystem
{
    private HeatingSystem()
    {
    }

    /// <summary>Energy bought for an amount of heat, kWh.</summary>
    /// <param name="heatKilowattHours">Heat given to the rooms, kWh.</param>
    /// <param name="outdoorCelsius">Outdoor temperature, °C.</param>
    public abstract double BoughtKilowattHours(double heatKilowattHours, double outdoorCelsius);

    /// <summary>A substation of district heat, or a boiler: bought = heat / efficiency.</summary>
    /// <param name="Efficiency">Heat given over energy bought, in (0, 1].</param>
    internal sealed record DistrictHeat(double Efficiency = 0.92) : HeatingSystem
    {
        /// <inheritdoc/>
        public override double BoughtKilowattHours(double heatKilowattHours, double outdoorCelsius) => heatKilowattHours / Efficiency;
    }

    /// <summary>
    /// An air-source heat pump: bought electricity = heat / COP, with COP the share of Carnot's limit between outdoor air, less the evaporator's
    /// temperature difference, and the supply water: η · T_supply / (T_supply − T_source) in kelvin, at most 6.
    /// </summary>
    /// <param name="CarnotShare">η, in (0, 1); 0.45 fits field measurements of air-water heat pumps.</param>
    /// <param name="SupplyCelsius">Temperature of the supply water, °C.</param>
    /// <param name="EvaporatorDifferenceKelvin">How far the evaporator is below the outdoor air, K.</param>
    internal sealed record HeatPump(double CarnotShare = 0.45, double SupplyCelsius = 42, double EvaporatorDifferenceKelvin = 5) : HeatingSystem
    {
        private const double MaximumPerformance = 6;

        /// <summary>Coefficient of performance at an outdoor temperature, 1 to 6.</summary>
        public double CoefficientOfPerformance(double outdoorCelsius)
        {
            var lift = SupplyCelsius - (outdoorCelsius - EvaporatorDifferenceKelvin);
            return lift <= 0 ? MaximumPerformance : Math.Clamp(CarnotShare * (SupplyCelsius + 273.15) / lift, 1, MaximumPerformance);
        }

        /// <inheritdoc/>
        public override double BoughtKilowattHours(double heatKilowattHours, double outdoorCelsius) =>
            heatKilowattHours / CoefficientOfPerformance(outdoorCelsius);
    }
}
