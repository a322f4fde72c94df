using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

public class FeatureTests
{
    private static readonly ModelSession Calendar = CalendarSession();

    [Fact]
    public void Calendar_features_of_any_moment_are_those_of_the_platform()
    {
        var moment = from day in Gen.Choose(-719_162, 2_932_896) from second in Gen.Choose(0, 86_399) select (86_400L * day) + second;
        var moments = moment.ArrayOf(50).ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(moments, all => { Agree(all); }));
    }

    [Fact]
    public void Calendar_features_hold_at_every_boundary()
    {
        var moments = new List<long> { 0, -1, 1, TimestampColumn.Earliest, TimestampColumn.Latest };
        foreach (var year in new[] { 1, 4, 100, 400, 1600, 1700, 1900, 1968, 1969, 1970, 1972, 2000, 2023, 2024, 2100, 2400, 9999 })
            foreach (var (month, day) in new[] { (1, 1), (2, 28), (3, 1), (12, 31) })
            {
                var start = new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
                moments.AddRange([start, start + 1, start + 59, start + 60, start + 86_399]);
                if (start + 86_400 <= TimestampColumn.Latest)
                    moments.Add(start + 86_400);
            }
        Agree([.. moments]);
    }

    [Fact]
    public void A_missing_moment_has_no_calendar_and_absurd_ones_do_not_break_the_graph()
    {
        var values = Run([TimestampColumn.Missing, long.MinValue + 1, long.MaxValue, 0]);
        Assert.All(Enumerable.Range(0, 11), k => Assert.True(double.IsNaN(values[k])));
        Assert.All(values.Skip(11), v => Assert.False(double.IsNaN(v)));
    }

    [Fact]
    public void Lags_categories_and_missing_values_come_out_as_documented()
    {
        var frame = new DataFrame(
        [
            new NumberColumn("x", [1, double.NaN, 3, 4, 5]),
            new CategoryColumn("c", ["b", null, "a", "a", "unknown"]),
            new TimestampColumn("t", [0, 3600, 7200, 10800, 14400]),
            new NumberColumn("y", [10, 20, 30, 40, 50]),
        ]);
        var options = new TrainingOptions
        {
            Task = LearningTask.Regression, Label = "y", Time = "t", Calendar = false, Features = ["x", "c"],
            Lags = [new LagFeature("y", [1, 3]), new LagFeature("x", [2])],
        };
        var schema = SchemaBuilder.Build(options, frame, [0, 1, 2, 3], null);
        Assert.Equal(["x", "c.missing", "c=a", "c=b", "y.lag_1", "y.lag_3", "x.lag_2"], schema.Features);
        Assert.Equal(["x", "c", "y_history", "x_history"], schema.Inputs.Select(i => i.Name));
        Assert.Equal([0, 0, 3, 2], schema.Inputs.Select(i => i.History));

        var managed = FeatureExtractor.Extract(schema, frame, [0, 1, 2, 3, 4]);
        const float None = float.NaN;
        float[] expected =
        [
            1, 0, 0, 1, None, None, None,
            None, 1, 0, 0, 10, None, None,
            3, 0, 1, 0, 20, None, 1,
            4, 0, 1, 0, 30, 10, None,
            5, 0, 0, 0, 40, 20, 3,
        ];
        Assert.Equal(expected, managed);

        // The graph, fed through the scorer from a shuffled frame, gives the same bits.
        var graph = new GraphBuilder("features");
        graph.Output("prediction", FeatureGraph.Emit(graph, schema), TensorDatatype.FP32, "N", schema.Features.Count);
        graph.Metadata(FeatureSchema.PropertyName, schema.ToJson());
        using var session = ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
        int[] shuffle = [3, 0, 4, 2, 1];
        var inputs = InputFeeder.BySchema(FeatureSchema.FromJson(session.Metadata.Properties[FeatureSchema.PropertyName]), frame.Take(shuffle));
        var served = session.Run(inputs.Inputs([1, 4, 3, 0, 2]))[0].Span<float>().ToArray();
        Assert.Equal(expected, served);
    }

    [Fact]
    public void A_schema_survives_JSON_and_nonsense_is_refused()
    {
        var schema = SchemaBuilder.Build(
            Frames.BuildingOptions() with { Lags = [new LagFeature("kwh", [1, 24])] }, Frames.Building(200, 1), Enumerable.Range(0, 100).ToArray(), null);
        Assert.Equal(schema.ToJson(), FeatureSchema.FromJson(schema.ToJson()).ToJson());
        Assert.Throws<TrainingDataException>(() => FeatureSchema.FromJson("{}"));
        Assert.Throws<TrainingDataException>(() => FeatureSchema.FromJson("[1"));
        Assert.Throws<TrainingDataException>(() => FeatureSchema.FromJson(schema.ToJson().Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_column_of_very_many_names_keeps_its_most_frequent_ones()
    {
        // Name k occurs k + 1 times.
        var names = Enumerable.Range(0, 150).SelectMany(k => Enumerable.Repeat((string?)$"n{k:000}", k + 1)).ToArray();
        var frame = new DataFrame([new CategoryColumn("c", names), new NumberColumn("y", new double[names.Length])]);
        var schema = SchemaBuilder.Build(
            new TrainingOptions { Task = LearningTask.Regression, Label = "y" }, frame, Enumerable.Range(0, names.Length).ToArray(), null);
        Assert.Equal(SchemaBuilder.MaxCategories, schema.Features.Count);
        Assert.Equal("c=n050", schema.Features[0]);
        var oneHot = FeatureExtractor.Extract(schema, frame, [0, names.Length - 1]);
        Assert.Equal(0, oneHot.Take(100).Sum());
        Assert.Equal(1, oneHot[199]);
    }

    private static void Agree(long[] moments)
    {
        var served = Run(moments);
        var expected = new float[11];
        for (var i = 0; i < moments.Length; i++)
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(moments[i]);
            // Said here once more, from the platform's calendar alone.
            var weekday = at.DayOfWeek == DayOfWeek.Sunday ? 6 : (int)at.DayOfWeek - 1;
            var day = (double)(at.DayOfYear - 1) / (DateTime.IsLeapYear(at.Year) ? 366 : 365);
            var time = ((at.Hour * 60) + at.Minute) / 1440.0;
            double[] own =
            [
                at.Hour, weekday, at.Month, at.DayOfYear, weekday > 4 ? 1 : 0,
                Math.Sin(2 * Math.PI * time), Math.Cos(2 * Math.PI * time), Math.Sin(2 * Math.PI * weekday / 7), Math.Cos(2 * Math.PI * weekday / 7),
                Math.Sin(2 * Math.PI * day), Math.Cos(2 * Math.PI * day),
            ];
            CalendarFeatures.Write(moments[i], expected);
            for (var k = 0; k < own.Length; k++)
            {
                Assert.True(Math.Abs(own[k] - served[(i * 11) + k]) < 1e-6, $"{at:O} {CalendarFeatures.Names[k]}: {served[(i * 11) + k]} for {own[k]}");
                Assert.Equal(expected[k], (float)served[(i * 11) + k]);
            }
        }
    }

    private static double[] Run(long[] moments) => Calendar.Run([Tensor.FromInt64s("t", moments, moments.Length, 1)])[0].ToDoubles();

    private static ModelSession CalendarSession()
    {
        var graph = new GraphBuilder("calendar");
        graph.Output("features", CalendarGraph.Emit(graph, graph.Input("t", TensorDatatype.Int64, "N", 1)), TensorDatatype.FP32, "N", 11);
        return ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
    }
}
