using Iml4e.CommandLine.Simulation;

namespace Iml4e.Tests.Unit.CommandLine;

public sealed class BuildingSimulatorTests
{
    private const int Seed = 11;
    private static readonly DateTime Start = new(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void The_same_seed_gives_the_same_readings()
    {
        Assert.Equal(Play(Seed, null, 400), Play(Seed, null, 400));
        Assert.NotEqual(Play(Seed, null, 400), Play(Seed + 1, null, 400));
    }

    [Fact]
    public void A_longer_simulation_begins_with_the_shorter_one() => Assert.Equal(Play(Seed, null, 300), Play(Seed, null, 500)[..(300 * 4)]);

    [Fact]
    public void The_refurbishment_changes_nothing_before_and_lowers_the_demand_after()
    {
        const int Hours = 28 * 24;
        var at = Start.AddDays(14);
        var before = Play(Seed, null, Hours);
        var changed = Play(Seed, new BuildingChange(at, 0.6, new HeatingSystem.HeatPump()), Hours);
        Assert.Equal(before.Where(r => r.Weather.Start < at), changed.Where(r => r.Weather.Start < at));
        var demandBefore = before.Where(r => r.Weather.Start >= at).Sum(r => r.KilowattHours);
        var demandAfter = changed.Where(r => r.Weather.Start >= at).Sum(r => r.KilowattHours);
        Assert.True(demandBefore > 0);
        // 40 % less loss and a COP of more than 2 instead of an efficiency of 0.92: clearly below 40 %.
        Assert.InRange(demandAfter, demandBefore * 0.02, demandBefore * 0.4);
    }

    [Fact]
    public void Cold_hours_need_more_energy_than_mild_ones()
    {
        var readings = Play(Seed, null, 60 * 24);
        var median = readings.Select(r => r.Weather.OutdoorTemperatureCelsius).Order().ElementAt(readings.Length / 2);
        var cold = readings.Where(r => r.Weather.OutdoorTemperatureCelsius < median).Average(r => r.KilowattHours);
        var mild = readings.Where(r => r.Weather.OutdoorTemperatureCelsius >= median).Average(r => r.KilowattHours);
        Assert.True(cold > mild);
    }

    [Theory]
    [InlineData(-20, 1.9, 2.2)]
    [InlineData(0, 2.9, 3.1)]
    [InlineData(15, 4.3, 4.6)]
    [InlineData(60, 6, 6)]
    public void A_heat_pump_follows_the_outdoor_temperature(double outdoor, double lowest, double highest) =>
        Assert.InRange(new HeatingSystem.HeatPump().CoefficientOfPerformance(outdoor), lowest, highest);

    [Fact]
    public void District_heat_is_bought_with_its_efficiency() =>
        Assert.Equal(10, new HeatingSystem.DistrictHeat(0.8).BoughtKilowattHours(8, -5), 12);

    private static MeterReading[] Play(int seed, BuildingChange? change, int hours)
    {
        var building = Building.HeadOffice(4, change, seed);
        return [.. new BuildingSimulator(building, seed).Run(new Climate().Simulate(Start, hours, seed)).SelectMany(r => r)];
    }
}
