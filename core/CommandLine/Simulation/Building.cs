namespace Iml4e.CommandLine.Simulation;

/// <summary>A building: zones, a heating system, and perhaps a refurbishment to come.</summary>
/// <param name="Zones">The zones, at least one.</param>
/// <param name="System">How heat is made at first.</param>
/// <param name="Change">The refurbishment, if there is one.</param>
internal sealed record Building(IReadOnlyList<ZoneParameters> Zones, HeatingSystem System, BuildingChange? Change)
{
    private static readonly OccupancySchedule Office = new(7, 17, 0);
    private static readonly OccupancySchedule Meeting = new(8, 19, 0.15);
    private static readonly OccupancySchedule Canteen = new(6, 15, 0.1);
    private static readonly OccupancySchedule Lobby = new(5, 22, 0.5);

    /// <summary>
    /// An office building of the 1970s with zones of 150 to 400 m², each with its own meter. Figures a square metre of floor are those of the type:
    /// heat loss 2.0 W/(m²·K), mass 165 kJ/(m²·K) (class "medium" of ISO 13790 table 12), internal gains 12 W/m² in use, apertures 4 % of the floor.
    /// </summary>
    /// <param name="zones">Number of zones, 1 or more.</param>
    /// <param name="change">The refurbishment, if there is one.</param>
    /// <param name="seed">Seed of the zones' differences.</param>
    public static Building HeadOffice(int zones, BuildingChange? change, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(zones, 1);
        var made = new ZoneParameters[zones];
        for (var i = 0; i < zones; i++)
        {
            var random = RandomStream.For(seed, 1000 + i);
            var floor = 150 + (250 * random.NextUniform());
            var loss = floor * 2.0 * (0.85 + (0.3 * random.NextUniform()));
            made[i] = new ZoneParameters
            {
                Name = FormattableString.Invariant($"zone-{i + 1}"),
                HeatLossWattsPerKelvin = loss,
                MassCouplingWattsPerKelvin = floor * 9.1,
                AirCapacityJoulesPerKelvin = floor * 25_000,
                MassCapacityJoulesPerKelvin = floor * 165_000,
                SolarApertureSquareMetres = floor * 0.04 * (0.6 + (0.8 * random.NextUniform())),
                InternalGainWatts = floor * 12,
                HeatingCapacityWatts = loss * 60,
                Schedule = (i % 6) switch { 3 => Meeting, 4 => Canteen, 5 => Lobby, _ => Office },
            };
        }
        return new Building(made, new HeatingSystem.DistrictHeat(), change);
    }
}
