using Iml4e.CommandLine.Simulation;

namespace Iml4e.Tests.Unit.CommandLine;

public sealed class ClimateTests
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void A_year_is_northern()
    {
        var year = new Climate().Simulate(Start, 8760, seed: 5);
        Assert.InRange(year.Average(w => w.OutdoorTemperatureCelsius), 3, 8);
        Assert.InRange(Month(year, 7).Average(w => w.OutdoorTemperatureCelsius) - Month(year, 1).Average(w => w.OutdoorTemperatureCelsius), 15, 30);
        // Measured in Helsinki: about 950 kWh/m² a year.
        Assert.InRange(year.Sum(w => w.SolarIrradianceWattsPerSquareMetre) / 1000, 700, 1150);
        Assert.True(Month(year, 6).Sum(w => w.SolarIrradianceWattsPerSquareMetre) > 10 * Month(year, 12).Sum(w => w.SolarIrradianceWattsPerSquareMetre));
    }

    [Fact]
    public void The_sun_never_shines_at_midnight_in_winter_and_never_beyond_the_clear_sky()
    {
        foreach (var hour in new Climate().Simulate(Start, 8760, seed: 6))
        {
            Assert.InRange(hour.SolarIrradianceWattsPerSquareMetre, 0, 1000);
            Assert.InRange(hour.CloudCover, 0, 1);
            if (hour.Start.Month is 12 or 1 && hour.Start.Hour is 22 or 23)
                Assert.Equal(0, hour.SolarIrradianceWattsPerSquareMetre);
        }
    }

    [Fact]
    public void At_the_equinox_the_noon_sun_stands_at_the_complement_of_the_latitude()
    {
        // Day 81: declination 0 in Cooper's formula, so the zenith angle at noon is the latitude.
        Assert.Equal(Math.Cos(60 * Math.PI / 180), SolarGeometry.CosineOfZenith(81, 12, 60), 3);
        Assert.Equal(0, SolarGeometry.CosineOfZenith(81, 6, 60), 3);
    }

    [Theory]
    [InlineData(1, 1037.2)]
    [InlineData(0.5, 489.9)]
    [InlineData(0, 0)]
    [InlineData(-0.3, 0)]
    public void Clear_sky_irradiance_is_that_of_Haurwitz(double cosine, double expected) =>
        Assert.Equal(expected, SolarGeometry.ClearSkyWattsPerSquareMetre(cosine), 0.1);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0.25)]
    public void Clouds_let_through_what_Kasten_and_Czeplak_say(double cover, double expected) =>
        Assert.Equal(expected, SolarGeometry.CloudTransmittance(cover), 12);

    [Fact]
    public void Offices_are_empty_at_night_and_at_weekends()
    {
        var office = new OccupancySchedule(7, 17, 0);
        Assert.Equal(0, office.Expected(new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc)));
        Assert.Equal(1, office.Expected(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc)));
        Assert.Equal(0, office.Expected(new DateTime(2026, 1, 3, 10, 0, 0, DateTimeKind.Utc)));
        Assert.Equal(21, office.SetpointCelsius(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc), 21, 18));
        Assert.Equal(18, office.SetpointCelsius(new DateTime(2026, 1, 5, 23, 0, 0, DateTimeKind.Utc), 21, 18));
        Assert.Equal(18, office.SetpointCelsius(new DateTime(2026, 1, 3, 10, 0, 0, DateTimeKind.Utc), 21, 18));
    }

    private static IEnumerable<WeatherHour> Month(WeatherHour[] year, int month) => year.Where(w => w.Start.Month == month);
}
