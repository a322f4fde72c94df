namespace Iml4e.CommandLine.Simulation;

/// <summary>What a zone is made of.</summary>
internal sealed record ZoneParameters
{
    /// <summary>Name of the zone.</summary>
    public required string Name { get; init; }

    /// <summary>Heat loss by transmission, ventilation and leakage between indoor air and outdoors (UA), W/K.</summary>
    public required double HeatLossWattsPerKelvin { get; init; }

    /// <summary>Coupling between indoor air and the building's mass, W/K.</summary>
    public required double MassCouplingWattsPerKelvin { get; init; }

    /// <summary>Heat capacity of air and furniture, J/K.</summary>
    public required double AirCapacityJoulesPerKelvin { get; init; }

    /// <summary>Heat capacity of walls and floors, J/K.</summary>
    public required double MassCapacityJoulesPerKelvin { get; init; }

    /// <summary>Window area times transmittance times mean view of the sky, m².</summary>
    public required double SolarApertureSquareMetres { get; init; }

    /// <summary>Sensible heat of people, lights and machines at full occupancy, W.</summary>
    public required double InternalGainWatts { get; init; }

    /// <summary>Share of gains that the mass takes up first, 0 to 1 (ISO 13790 C.2 splits gains over air and mass likewise).</summary>
    public double MassShareOfGains { get; init; } = 0.5;

    /// <summary>Largest heat that the radiators give, W.</summary>
    public required double HeatingCapacityWatts { get; init; }

    /// <summary>Setpoint while the zone is in use, °C.</summary>
    public double ComfortCelsius { get; init; } = 21;

    /// <summary>Setpoint at night and on free days, °C.</summary>
    public double SetbackCelsius { get; init; } = 18;

    /// <summary>When people are there.</summary>
    public required OccupancySchedule Schedule { get; init; }
}
