namespace Iml4e.CommandLine.Simulation;

/// <summary>Temperatures of a zone's two nodes at one instant.</summary>
/// <param name="AirCelsius">Indoor air, °C.</param>
/// <param name="MassCelsius">Walls and floors, °C.</param>
internal readonly record struct ZoneState(double AirCelsius, double MassCelsius);
