using FsCheck;
using FsCheck.Fluent;
using Iml4e.CommandLine.Simulation;

namespace Iml4e.Tests.Unit.CommandLine;

public sealed class ZoneThermalModelTests
{
    private static readonly ZoneParameters Zone = Building.HeadOffice(1, null, seed: 3).Zones[0];

    [Fact]
    public void Every_step_closes_the_energy_balance()
    {
        var arbitrary = (from air in Gen.Choose(-200, 400)
                         from mass in Gen.Choose(-200, 400)
                         from outdoor in Gen.Choose(-350, 350)
                         from gain in Gen.Choose(0, 30_000)
                         from setpoint in Gen.Choose(50, 300)
                         from seconds in Gen.Elements(60.0, 900.0, 3600.0, 86_400.0)
                         select (air / 10.0, mass / 10.0, outdoor / 10.0, (double)gain, setpoint / 10.0, seconds)).ToArbitrary();
        Prop.ForAll(arbitrary, c =>
        {
            var (air, mass, outdoor, gain, setpoint, seconds) = c;
            var hour = ZoneThermalModel.Step(Zone, new ZoneState(air, mass), outdoor, gain, setpoint, seconds);
            var stored = (Zone.AirCapacityJoulesPerKelvin * (hour.State.AirCelsius - air))
                + (Zone.MassCapacityJoulesPerKelvin * (hour.State.MassCelsius - mass));
            var supplied = (hour.HeatingWatts + hour.GainWatts - hour.LossWatts) * seconds;
            var scale = (Zone.AirCapacityJoulesPerKelvin + Zone.MassCapacityJoulesPerKelvin) * 10;
            return Math.Abs(stored - supplied) <= 1e-9 * scale;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(-20)]
    [InlineData(0)]
    [InlineData(12.5)]
    public void In_a_steady_state_the_heating_is_what_the_envelope_loses(double outdoor)
    {
        var state = new ZoneState(21, 21);
        ZoneHour hour = default;
        for (var i = 0; i < 5000; i++)
        {
            hour = ZoneThermalModel.Step(Zone, state, outdoor, 0, 21);
            state = hour.State;
        }
        Assert.Equal(21, state.AirCelsius, 9);
        Assert.Equal(21, state.MassCelsius, 6);
        Assert.Equal(Zone.HeatLossWattsPerKelvin * (21 - outdoor), hour.HeatingWatts, 3);
    }

    [Fact]
    public void Without_heat_and_gains_a_zone_comes_to_the_outdoor_temperature()
    {
        var state = new ZoneState(21, 21);
        for (var i = 0; i < 5000; i++)
            state = ZoneThermalModel.Step(Zone, state, 10, 0, setpointCelsius: 5).State;
        Assert.Equal(10, state.AirCelsius, 6);
        Assert.Equal(10, state.MassCelsius, 6);
    }

    [Fact]
    public void Heat_is_never_negative_and_never_above_the_capacity()
    {
        Assert.Equal(0, ZoneThermalModel.Step(Zone, new ZoneState(25, 25), 20, 5000, 21).HeatingWatts);
        var cold = ZoneThermalModel.Step(Zone, new ZoneState(-10, -10), -30, 0, 25);
        Assert.Equal(Zone.HeatingCapacityWatts, cold.HeatingWatts);
        Assert.True(cold.State.AirCelsius < 25);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_step_has_a_length(double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ZoneThermalModel.Step(Zone, new ZoneState(20, 20), 0, 0, 21, seconds));
}
