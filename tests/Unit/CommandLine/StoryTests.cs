using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Demo;

namespace Iml4e.Tests.Unit.CommandLine;

public sealed class StoryTests
{
    private static readonly Lazy<StoryBuilding> Building = new(() => new StoryBuilding(1));

    [Fact]
    public void Rows_before_a_row_are_the_rows_of_the_uploaded_data()
    {
        var lines = Encoding.UTF8.GetString(Building.Value.HistoryCsv()).TrimEnd().Split('\n')[1..];
        Assert.Equal(365 * 24 * StoryBuilding.Zones, lines.Length);
        var live = Encoding.UTF8.GetString(Building.Value.LiveCsv(0, 1)).TrimEnd().Split('\n')[1..];
        var all = lines.Concat(live).Select(l => double.Parse(l.Split(',')[2], CultureInfo.InvariantCulture)).ToArray();
        foreach (var (zone, hour, back) in new[] { (0, 0, 1), (5, 0, 5), (5, 0, 6), (15, 23, 48), (3, 7, 33) })
        {
            var row = lines.Length + (hour * StoryBuilding.Zones) + zone;
            Assert.Equal(all[(row - back)..row], Building.Value.OutdoorHistory(zone, 0, hour, back).Select(v => Math.Round(v, 3)));
        }
    }

    [Fact]
    public void Requests_have_the_inputs_that_the_model_asks_for()
    {
        var metadata = JsonNode.Parse("""
            {"inputs":[{"name":"timestamp","datatype":"INT64","shape":[-1,1]},{"name":"outdoor_temperature_history","datatype":"FP32","shape":[-1,48]},
            {"name":"zone","datatype":"BYTES","shape":[-1,1]}]}
            """)!;
        var request = JsonNode.Parse(InferenceRequestWriter.From(metadata).Write(Building.Value, zone: 2, day: 31))!;
        var inputs = request["inputs"]!.AsArray();
        Assert.Equal(["timestamp", "outdoor_temperature_history", "zone"], inputs.Select(i => (string)i!["name"]!));
        Assert.Equal([24, 24 * 48, 24], inputs.Select(i => i!["data"]!.AsArray().Count));
        Assert.Equal("[24,48]", inputs[1]!["shape"]!.ToJsonString());
        Assert.Equal(new DateTimeOffset(2027, 2, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(), (long)inputs[0]!["data"]![0]!);
        Assert.Equal("zone-3", (string)inputs[2]!["data"]![0]!);
        Assert.Throws<StoryException>(() => InferenceRequestWriter.From(JsonNode.Parse("""{"inputs":[{"name":"wind","datatype":"FP32","shape":[-1,1]}]}""")!));
    }

    [Fact]
    public void A_story_is_told_when_every_part_has_happened()
    {
        var state = Told();
        var verdict = StoryVerdict.Of(state);
        Assert.True(verdict.IsTold);
        Assert.Equal(1.0, verdict.ErrorBefore!.Value, 9);
        Assert.Equal(4.0, verdict.ErrorAfter!.Value, 9);
        Assert.Equal(0.8, verdict.ErrorNow!.Value, 9);
    }

    [Theory]
    [InlineData("TriggerReceived", 1)]
    [InlineData("RetrainStarted", 2)]
    [InlineData("ExperimentStarted", 2)]
    [InlineData("Promoted", 4)]
    public void A_story_without_an_event_is_not_told(string missing, int part)
    {
        var state = Told();
        state.Events.RemoveAll(e => e.Name == missing);
        var verdict = StoryVerdict.Of(state);
        Assert.False(verdict.IsTold);
        Assert.False(verdict.Parts[part].Done);
    }

    [Fact]
    public void A_performance_trigger_after_the_promotion_did_not_find_the_change()
    {
        var state = Told();
        state.Events.Add(state.Events[0]);
        state.Events.RemoveAt(0);
        Assert.Equal([true, false, true, true, true, true], StoryVerdict.Of(state).Parts.Select(p => p.Done));
    }

    [Fact]
    public void Events_before_the_change_do_not_count()
    {
        var state = Told();
        for (var i = 0; i < state.Events.Count; i++)
            state.Events[i] = state.Events[i] with { Day = StoryBuilding.ChangeDay - 1 };
        Assert.Equal([true, false, false, false, false, false], StoryVerdict.Of(state).Parts.Select(p => p.Done));
    }

    [Fact]
    public void An_error_that_stays_up_is_not_a_good_end()
    {
        var state = Told();
        foreach (var day in state.Errors.Keys.Where(d => d > StoryBuilding.ChangeDay + 25).ToList())
            state.Errors[day] = new DayError(2.6 * 384, 384);
        var verdict = StoryVerdict.Of(state);
        Assert.False(verdict.Parts[^1].Done);
        Assert.False(verdict.IsTold);
    }

    [Fact]
    public void A_story_survives_its_file()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var state = Told();
            state.Pending.Add(new PendingPrediction("m.1", 3, 40, 42, "2", [1.5, 2]));
            state.Save(path);
            var read = StoryState.Load(path)!;
            Assert.Equal(state.Events, read.Events);
            Assert.Equal(state.Errors, read.Errors);
            Assert.Equal([1.5, 2], Assert.Single(read.Pending).KilowattHours);
            File.WriteAllText(path, "{");
            Assert.Throws<StoryException>(() => StoryState.Load(path));
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Null(StoryState.Load(path));
    }

    private static StoryState Told()
    {
        var change = StoryBuilding.ChangeDay;
        var state = new StoryState { Seed = 1, Day = change + 50 };
        for (var day = 0; day < state.Day - 3; day++)
            state.Errors[day] = new DayError(384 * (day < change ? 1.0 : day < change + 25 ? 4.0 : 0.8), 384);
        string[] names = ["TriggerReceived", "RetrainStarted", "ExperimentStarted", "DecisionMade", "Promoted"];
        for (var i = 0; i < names.Length; i++)
            state.Events.Add(new StoryEvent(change + 8 + (i * 4), "t" + i, names[i], i == 0 ? "reason performance" : ""));
        return state;
    }
}
