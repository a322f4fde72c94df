namespace Iml4e.CommandLine.Simulation;

/// <summary>
/// A zone as two thermal nodes, air and mass, after the idea of the simple hourly method (ISO 13790 annex C, EN ISO 52016-1):
/// <code>
/// C_a dT_a/dt = UA (T_o − T_a) + H (T_m − T_a) + (1 − f) Φ_gain + Φ_heat
/// C_m dT_m/dt = H (T_a − T_m) + f Φ_gain
/// </code>
/// solved with implicit Euler steps, which are stable for any step and keep the energy balance of a step exactly. The radiators give just the heat
/// that brings the air to the setpoint at the end of the step, between 0 and their capacity (ISO 13790 C.4: air temperature is linear in the heat).
/// </summary>
internal static class ZoneThermalModel
{
    /// <summary>One step.</summary>
    /// <param name="zone">What the zone is made of.</param>
    /// <param name="state">Temperatures at the start.</param>
    /// <param name="outdoorCelsius">Outdoor temperature over the step, °C.</param>
    /// <param name="gainWatts">Heat from sun, people and machines over the step, W.</param>
    /// <param name="setpointCelsius">Setpoint of the thermostat, °C.</param>
    /// <param name="stepSeconds">Length of the step, s; above 0.</param>
    public static ZoneHour Step(
        ZoneParameters zone, ZoneState state, double outdoorCelsius, double gainWatts, double setpointCelsius, double stepSeconds = 3600)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepSeconds);
        // (a11 T_a − H T_m = b1 + Φ, −H T_a + a22 T_m = b2), all in W.
        var storeAir = zone.AirCapacityJoulesPerKelvin / stepSeconds;
        var storeMass = zone.MassCapacityJoulesPerKelvin / stepSeconds;
        var coupling = zone.MassCouplingWattsPerKelvin;
        var a11 = storeAir + zone.HeatLossWattsPerKelvin + coupling;
        var a22 = storeMass + coupling;
        var b1 = (storeAir * state.AirCelsius) + (zone.HeatLossWattsPerKelvin * outdoorCelsius) + ((1 - zone.MassShareOfGains) * gainWatts);
        var b2 = (storeMass * state.MassCelsius) + (zone.MassShareOfGains * gainWatts);
        var determinant = (a11 * a22) - (coupling * coupling);
        var airWithoutHeat = ((a22 * b1) + (coupling * b2)) / determinant;
        var kelvinPerWatt = a22 / determinant;
        var heat = Math.Clamp((setpointCelsius - airWithoutHeat) / kelvinPerWatt, 0, zone.HeatingCapacityWatts);
        var air = airWithoutHeat + (heat * kelvinPerWatt);
        var mass = (b2 + (coupling * air)) / a22;
        return new ZoneHour(new ZoneState(air, mass), heat, gainWatts, zone.HeatLossWattsPerKelvin * (air - outdoorCelsius));
    }
}
