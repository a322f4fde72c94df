namespace Iml4e.CommandLine.Simulation;

/// <summary>
/// Plays a building hour by hour under a weather. People deviate from the booking calendar (a relative deviation of 20 %, kept for a day) and meters
/// have a relative error of 2 % and a resolution of 0.01 kWh; both are drawn from the seed, so that the same seed gives the same readings.
/// </summary>
internal sealed class BuildingSimulator
{
    private const double OccupancyDeviation = 0.2;
    private const double MeterDeviation = 0.02;

    private readonly Building _building;
    private readonly ZoneState[] _states;
    private readonly RandomStream[] _random;
    private readonly double[] _presence;

    /// <summary>Starts with all zones at their setback temperature.</summary>
    public BuildingSimulator(Building building, int seed)
    {
        _building = building;
        _states = [.. building.Zones.Select(z => new ZoneState(z.SetbackCelsius, z.SetbackCelsius))];
        _random = [.. building.Zones.Select((_, i) => RandomStream.For(seed, i))];
        _presence = [.. building.Zones.Select(_ => 1.0)];
    }

    /// <summary>Simulates one hour of all zones; readings are in the order of the zones.</summary>
    public MeterReading[] Next(WeatherHour weather)
    {
        var changed = _building.Change is { } change && weather.Start >= change.At;
        var system = changed ? _building.Change!.System : _building.System;
        var readings = new MeterReading[_building.Zones.Count];
        for (var i = 0; i < readings.Length; i++)
        {
            var zone = _building.Zones[i];
            if (changed)
                zone = zone with { HeatLossWattsPerKelvin = zone.HeatLossWattsPerKelvin * _building.Change!.HeatLossFactor };
            var random = _random[i];
            if (weather.Start.Hour == 0)
                _presence[i] = Math.Max(0, 1 + (OccupancyDeviation * random.NextNormal()));
            var expected = zone.Schedule.Expected(weather.Start);
            var gain = (zone.SolarApertureSquareMetres * weather.SolarIrradianceWattsPerSquareMetre) + (zone.InternalGainWatts * expected * _presence[i]);
            var setpoint = zone.Schedule.SetpointCelsius(weather.Start, zone.ComfortCelsius, zone.SetbackCelsius);
            var hour = ZoneThermalModel.Step(zone, _states[i], weather.OutdoorTemperatureCelsius, gain, setpoint);
            _states[i] = hour.State;
            var bought = system.BoughtKilowattHours(hour.HeatingWatts / 1000, weather.OutdoorTemperatureCelsius);
            var metered = Math.Round(Math.Max(0, bought * (1 + (MeterDeviation * random.NextNormal()))), 2);
            readings[i] = new MeterReading(i, weather, expected, metered);
        }
        return readings;
    }

    /// <summary>Simulates a series of hours; one row of readings an hour.</summary>
    public MeterReading[][] Run(IEnumerable<WeatherHour> weather) => [.. weather.Select(Next)];
}
