using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class UnitAssignmentTests
{
    [Theory]
    [InlineData("exp-1", "building-42", 0.9861653916831046)]
    [InlineData("exp-1", "building-43", 0.15374233322827702)]
    [InlineData("exp-2", "building-42", 0.9310074459324257)]
    [InlineData("exp-1", "", 0.13547011876198156)]
    [InlineData("exp-1", "kiinteistö-7", 0.41912133707086496)]
    [InlineData("exp-1", "user-0002", 0.03709088488786494)]
    public void Positions(string salt, string unit, double u) => Assert.Equal(u, UnitAssignment.Position(salt, unit));

    [Theory]
    [InlineData("seed", "a", 0.0505)]
    [InlineData("seed", "b", 0.2696)]
    [InlineData("foo", "ab", 0.2575)]
    [InlineData("foo", "def", 0.2019)]
    [InlineData("89123klj", "8952klfjas09ujkasdf", 0.124)]
    [InlineData("90850943850283058242805", "123", 0.7516)]
    public void GrowthBookPositions(string seed, string value, double u) => Assert.Equal(u, UnitAssignment.GrowthBookV2(seed, value));

    [Fact]
    public void HundredThousandUnits()
    {
        int[] arms = new int[3], deciles = new int[10];
        for (var i = 0; i < 100_000; i++)
        {
            arms[(int)UnitAssignment.Assign("exp-1", $"unit-{i}", 0.05)]++;
            deciles[(int)(UnitAssignment.Position("exp-1", $"unit-{i}") * 10)]++;
        }
        Assert.Equal(5063, arms[(int)Assignment.Challenger]);
        Assert.Equal(4908, arms[(int)Assignment.Control]);
        Assert.Equal(90_029, arms[(int)Assignment.Outside]);
        Assert.Equal([10027, 9895, 10145, 10026, 9982, 9954, 9865, 10143, 10095, 9868], deciles);
    }

    [Fact]
    public void AUnitStaysInItsSliceWhenTheShareGrows()
    {
        for (var i = 0; i < 5000; i++)
        {
            var unit = $"unit-{i}";
            var before = Assignment.Outside;
            foreach (var share in (double[])[0.05, 0.25, 0.5])
            {
                var now = UnitAssignment.Assign("exp-7", unit, share);
                if (before != Assignment.Outside)
                    Assert.Equal(before, now);
                before = now;
            }
            Assert.NotEqual(Assignment.Outside, before);
        }
    }

    [Fact]
    public void HeldBackUnitsWereNeverOnTheChallenger()
    {
        for (var i = 0; i < 5000; i++)
        {
            var unit = $"unit-{i}";
            if (UnitAssignment.AssignAfterPromotion("exp-7", unit, 0.05) != Assignment.Control)
                continue;
            Assert.NotEqual(Assignment.Challenger, UnitAssignment.Assign("exp-7", unit, 0.5));
        }
        Assert.True(UnitAssignment.ServedByChallenger(Assignment.Outside, promoted: true));
        Assert.False(UnitAssignment.ServedByChallenger(Assignment.Outside, promoted: false));
        Assert.False(UnitAssignment.ServedByChallenger(Assignment.Control, promoted: true));
    }

    [Fact]
    public void NothingIsAllocated()
    {
        UnitAssignment.Assign("exp-1", "building-42", 0.25);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            UnitAssignment.Assign("exp-1", "building-42", 0.25);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void LongUnitsAreTaken()
    {
        var unit = new string('ä', 100_000);
        Assert.InRange(UnitAssignment.Position("exp-1", unit), 0, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => UnitAssignment.Assign("exp-1", unit, 0.6));
    }
}
