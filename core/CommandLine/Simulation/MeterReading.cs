namespace Iml4e.CommandLine.Simulation;

/// <summary>What the meter of one zone read for one hour, with what a forecaster may know.</summary>
/// <param name="Zone">Index of the zone, from 0.</param>
/// <param name="Weather">Weather of the hour.</param>
/// <param name="Occupancy">Expected occupancy by the booking calendar, 0 to 1.</param>
/// <param name="KilowattHours">Energy bought for heating, kWh, as metered.</param>
internal readonly record struct MeterReading(int Zone, WeatherHour Weather, double Occupancy, double KilowattHours);
