namespace Iml4e.CommandLine.Simulation;

/// <summary>
/// A synthetic northern climate: T(t) = mean − A · cos(2π(d − d₀)/365.25) + D · cos(2π(h − 15)/24) + x(t), where x is a first-order autoregressive
/// process of weather fronts, and irradiance by clear-sky geometry under an autoregressive cloud cover.
/// </summary>
internal sealed record Climate
{
    /// <summary>Latitude, ° north.</summary>
    public double LatitudeDegrees { get; init; } = 60.2;

    /// <summary>Longitude, ° east: solar noon is at 12 h − longitude / 15 UTC.</summary>
    public double LongitudeDegrees { get; init; } = 24.9;

    /// <summary>Yearly mean temperature, °C.</summary>
    public double MeanTemperatureCelsius { get; init; } = 5.5;

    /// <summary>Half of the difference between the warmest and the coldest time of the year, K.</summary>
    public double AnnualAmplitudeKelvin { get; init; } = 11.5;

    /// <summary>Coldest day of the year.</summary>
    public double ColdestDayOfYear { get; init; } = 32;

    /// <summary>Half of the daily swing under a clear summer sky, K; a fifth of it is left in a dark winter.</summary>
    public double DiurnalAmplitudeKelvin { get; init; } = 5;

    /// <summary>Standard deviation of the weather fronts, K.</summary>
    public double FrontDeviationKelvin { get; init; } = 3.5;

    /// <summary>Time after which the weather has forgotten itself to 1/e, hours.</summary>
    public double FrontMemoryHours { get; init; } = 60;

    /// <summary>Hourly weather from a start, the same for the same seed; a longer series begins with the shorter one.</summary>
    /// <param name="start">First hour, UTC, on the hour.</param>
    /// <param name="hours">Number of hours, 0 or more.</param>
    /// <param name="seed">Seed of the random part.</param>
    public WeatherHour[] Simulate(DateTime start, int hours, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hours);
        var random = RandomStream.For(seed, -1);
        var memory = Math.Exp(-1 / FrontMemoryHours);
        var innovation = Math.Sqrt(1 - (memory * memory));
        var cloudMemory = Math.Exp(-1 / 18.0);
        var cloudInnovation = Math.Sqrt(1 - (cloudMemory * cloudMemory));
        var front = random.NextNormal();
        var cloudiness = random.NextNormal();
        var weather = new WeatherHour[hours];
        for (var i = 0; i < hours; i++)
        {
            var time = start.AddHours(i);
            front = (memory * front) + (innovation * random.NextNormal());
            cloudiness = (cloudMemory * cloudiness) + (cloudInnovation * random.NextNormal());
            // The logistic of a normal process: mostly clear or mostly overcast, as cover is observed to be; cloudier in winter.
            var season = Math.Cos(2 * Math.PI * (time.DayOfYear - ColdestDayOfYear) / 365.25);
            var cover = 1 / (1 + Math.Exp(-((2.2 * cloudiness) + 0.4 + (0.8 * season))));
            var solarHour = time.Hour + 0.5 + (LongitudeDegrees / 15);
            var clear = SolarGeometry.ClearSkyWattsPerSquareMetre(SolarGeometry.CosineOfZenith(time.DayOfYear, solarHour, LatitudeDegrees));
            var swing = DiurnalAmplitudeKelvin * (0.6 - (0.4 * season)) * (1 - (0.6 * cover));
            var temperature = MeanTemperatureCelsius
                - (AnnualAmplitudeKelvin * season)
                + (swing * Math.Cos(2 * Math.PI * (solarHour - 15) / 24))
                + (FrontDeviationKelvin * front);
            weather[i] = new WeatherHour(time, temperature, clear * SolarGeometry.CloudTransmittance(cover), cover);
        }
        return weather;
    }
}
