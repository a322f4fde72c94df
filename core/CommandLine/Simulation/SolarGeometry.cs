namespace Iml4e.CommandLine.Simulation;

/// <summary>Height of the sun and the irradiance of a clear and a cloudy sky.</summary>
internal static class SolarGeometry
{
    /// <summary>
    /// Cosine of the sun's zenith angle; negative at night. Declination after Cooper (1969), hour angle 15° an hour from solar noon
    /// (Duffie and Beckman, "Solar Engineering of Thermal Processes", section 1.6).
    /// </summary>
    /// <param name="dayOfYear">Day of the year, 1 to 366.</param>
    /// <param name="solarHour">Solar time in hours, 0 to 24.</param>
    /// <param name="latitudeDegrees">Latitude, north positive.</param>
    public static double CosineOfZenith(int dayOfYear, double solarHour, double latitudeDegrees)
    {
        var declination = 23.45 * Math.PI / 180 * Math.Sin(2 * Math.PI * (284 + dayOfYear) / 365);
        var hourAngle = (solarHour - 12) * 15 * Math.PI / 180;
        var latitude = latitudeDegrees * Math.PI / 180;
        return (Math.Sin(latitude) * Math.Sin(declination)) + (Math.Cos(latitude) * Math.Cos(declination) * Math.Cos(hourAngle));
    }

    /// <summary>Global horizontal irradiance of a clear sky in W/m²: Haurwitz (1945), 1098 · cosθ · exp(−0.057 / cosθ); 0 at night.</summary>
    public static double ClearSkyWattsPerSquareMetre(double cosineOfZenith) =>
        cosineOfZenith <= 0.01 ? 0 : 1098 * cosineOfZenith * Math.Exp(-0.057 / cosineOfZenith);

    /// <summary>Share of the clear-sky irradiance that a cover of clouds lets through: Kasten and Czeplak (1980), 1 − 0.75 · N^3.4.</summary>
    /// <param name="cloudCover">Cloud cover N, 0 (clear) to 1 (overcast).</param>
    public static double CloudTransmittance(double cloudCover) => 1 - (0.75 * Math.Pow(Math.Clamp(cloudCover, 0, 1), 3.4));
}
