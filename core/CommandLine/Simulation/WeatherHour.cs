namespace Iml4e.CommandLine.Simulation;

/// <summary>The weather of one hour.</summary>
/// <param name="Start">Start of the hour, UTC.</param>
/// <param name="OutdoorTemperatureCelsius">Mean outdoor air temperature, °C.</param>
/// <param name="SolarIrradianceWattsPerSquareMetre">Mean global horizontal irradiance, W/m².</param>
/// <param name="CloudCover">Cloud cover, 0 to 1.</param>
internal sealed record WeatherHour(DateTime Start, double OutdoorTemperatureCelsius, double SolarIrradianceWattsPerSquareMetre, double CloudCover);
