using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Learning;

public class TrainerTests
{
    [Theory]
    [InlineData("boosted-trees", 4.5)]
    [InlineData("linear", 16)]
    public void A_building_is_learnt_and_served_by_one_graph(string trainer, double worst)
    {
        var frame = Frames.Building(3_000, 1);
        var model = Trainer.Train(frame, Frames.BuildingOptions(trainer));
        Assert.True(model.Parity.Ok);
        Assert.InRange(model.Parity.Rows, 100, int.MaxValue);
        Assert.Equal(600, model.HoldoutRows);
        Assert.Equal(2_400, model.TrainRows);
        Assert.Equal(1, model.Importances.Sum(i => i.Share), 1e-9);
        Assert.Equal("2024-01-01T00:00:00Z", model.TrainedOn!.From);

        using var session = ModelSession.Load(model.Onnx);
        Assert.Equal(["outdoor", "fuel", "timestamp"], session.Metadata.Inputs.Select(i => i.Name));
        Assert.Equal([TensorDatatype.FP32, TensorDatatype.Bytes, TensorDatatype.Int64], session.Metadata.Inputs.Select(i => i.Datatype));
        var output = Assert.Single(session.Metadata.Outputs);
        Assert.Equal(("prediction", TensorDatatype.FP32), (output.Name, output.Datatype));
        var predicted = FrameScorer.Score(session, frame, "kwh", new ScoringOptions { Rows = model.Holdout }).Values!;
        var truth = frame.Numbers("kwh");
        Assert.InRange(model.Holdout.Select((row, i) => Math.Abs(truth[row] - predicted[i])).Average(), 0, worst);
    }

    [Theory]
    [InlineData("boosted-trees")]
    [InlineData("linear")]
    public void The_same_run_gives_the_same_bytes(string trainer)
    {
        var frame = Frames.Building(1_500, 2);
        var options = Frames.BuildingOptions(trainer) with { Lags = [new LagFeature("kwh", [1, 24])] };
        Assert.Equal(Trainer.Train(frame, options).Onnx, Trainer.Train(frame, options).Onnx);
        // Also when the rows come in another order.
        var shuffled = Enumerable.Range(0, frame.RowCount).ToArray();
        new Random(3).Shuffle(shuffled);
        Assert.Equal(Trainer.Train(frame, options).Onnx, Trainer.Train(frame.Take(shuffled), options).Onnx);
    }

    [Fact]
    public void The_parts_of_a_run_follow_one_another_strictly()
    {
        var random = new Random(4);
        for (var k = 0; k < 50; k++)
        {
            // Many rows a moment, in any order, some without a label.
            var rows = 300 + random.Next(500);
            var time = Enumerable.Range(0, rows).Select(i => (double)random.Next(rows / 3)).ToArray();
            var label = Enumerable.Range(0, rows).Select(_ => random.Next(12) == 0 ? double.NaN : Frames.Normal(random)).ToArray();
            var frame = new DataFrame([new NumberColumn("t", time), new NumberColumn("x", label), new NumberColumn("y", label)]);
            var options = new TrainingOptions { Task = LearningTask.Regression, Label = "y", Time = "t", Trainer = "linear", Gap = k % 2 * 5 };
            var model = Trainer.Train(frame, options);
            var first = model.Holdout.Min(r => time[r]);
            Assert.All(model.Holdout, r => Assert.False(double.IsNaN(label[r])));
            // Nothing at or after the first held-out moment was learnt from, and everything from there on is held out.
            Assert.True(double.Parse(model.TrainedOn!.To, System.Globalization.CultureInfo.InvariantCulture) < first);
            Assert.Equal(Enumerable.Range(0, rows).Count(r => time[r] >= first && !double.IsNaN(label[r])), model.HoldoutRows);
            Assert.InRange(model.HoldoutRows, 1, rows / 2);
        }
    }

    [Fact]
    public void The_future_cannot_leak_into_a_model()
    {
        // The same past with two different futures must give the same model.
        var frame = Frames.Building(2_000, 5);
        var options = Frames.BuildingOptions() with { Lags = [new LagFeature("kwh", [1])] };
        var model = Trainer.Train(frame, options);
        var kwh = frame.Numbers("kwh").ToArray();
        var outdoor = frame.Numbers("outdoor").ToArray();
        foreach (var row in model.Holdout)
            (kwh[row], outdoor[row]) = (-1e6, 1e6);
        var other = new DataFrame([frame["timestamp"], new NumberColumn("outdoor", outdoor), frame["fuel"], new NumberColumn("kwh", kwh)]);
        Assert.Equal(model.Onnx, Trainer.Train(other, options).Onnx);
    }

    [Theory]
    [InlineData("boosted-trees")]
    [InlineData("linear")]
    public void After_an_abrupt_change_the_search_takes_a_short_window(string trainer)
    {
        // y follows x until 900 rows before the end, then it runs against x.
        var (stable, changed) = (Series(10_000), Series(9_100));
        var options = new TrainingOptions { Task = LearningTask.Regression, Label = "y", Time = "t", Trainer = trainer, WindowSearch = true };
        var adapted = Trainer.Train(changed, options);
        Assert.Equal(625, adapted.WindowUsed);
        Assert.Equal([10_000, 2_500, 625], adapted.Windows.Select(w => w.Window));
        Assert.Equal((200, 425), (adapted.HoldoutRows, adapted.TrainRows));
        Assert.True(adapted.Windows[2].ValidationLoss < adapted.Windows[1].ValidationLoss / 3);
        Assert.True(adapted.Windows[2].ValidationLoss < adapted.Windows[0].ValidationLoss / 10);

        // The same hold-out, scored by a model of all rows.
        var all = Trainer.Train(changed, options with { WindowSearch = false });
        Assert.True(Error(adapted, changed, adapted.Holdout) < Error(all, changed, adapted.Holdout) / 3);
        // Without a change longer is not worse.
        Assert.True(Trainer.Train(stable, options).WindowUsed >= 2_500);

        static DataFrame Series(int change)
        {
            var random = new Random(6);
            var x = Enumerable.Range(0, 10_000).Select(_ => Frames.Normal(random)).ToArray();
            return new DataFrame(
            [
                new NumberColumn("t", [.. x.Select((_, i) => (double)i)]), new NumberColumn("x", x),
                new NumberColumn("y", [.. x.Select((v, i) => (i < change ? 3 * v : -3 * v) + (0.5 * Frames.Normal(random)))]),
            ]);
        }
    }

    [Fact]
    public void A_window_takes_the_newest_rows()
    {
        var frame = Frames.Building(3_000, 7);
        var model = Trainer.Train(frame, Frames.BuildingOptions("linear") with { Window = 1_000 });
        Assert.Equal((1_000, 800, 200), (model.WindowUsed, model.TrainRows, model.HoldoutRows));
        Assert.Equal(TimestampText.Format(Frames.Start2024 + (2_000 * 3600L)), model.TrainedOn!.From);
    }

    [Theory]
    [InlineData("boosted-trees")]
    [InlineData("linear")]
    public void Lags_carry_what_a_series_remembers(string trainer)
    {
        var random = new Random(8);
        var y = new double[2_000];
        for (var i = 2; i < y.Length; i++)
            y[i] = (0.9 * y[i - 2]) + Frames.Normal(random);
        var frame = new DataFrame([new NumberColumn("t", [.. Enumerable.Range(0, 2_000).Select(i => (double)i)]), new NumberColumn("y", y)]);
        var options = new TrainingOptions { Task = LearningTask.Regression, Label = "y", Time = "t", Trainer = trainer, Lags = [new LagFeature("y", [1, 2])] };
        var model = Trainer.Train(frame, options);
        Assert.Equal("y.lag_2", model.Importances[0].Feature);
        Assert.InRange(Error(model, frame, model.Holdout), 0, 1.0);
        using var session = ModelSession.Load(model.Onnx);
        Assert.Equal(("y_history", 2L), (session.Metadata.Inputs[0].Name, session.Metadata.Inputs[0].Shape[1]));
    }

    [Fact]
    public void Classes_may_be_names_and_unknown_categories_and_gaps_are_served()
    {
        var random = new Random(9);
        const int Rows = 900;
        var x = Enumerable.Range(0, Rows).Select(_ => Frames.Normal(random)).ToArray();
        var site = Enumerable.Range(0, Rows).Select(i => (string?)(i % 3 == 0 ? "north" : "south")).ToArray();
        var label = Enumerable.Range(0, Rows).Select(i => (string?)(x[i] > 0.8 ? "high" : site[i] == "north" ? "low" : "middle")).ToArray();
        var frame = new DataFrame([new NumberColumn("x", x), new CategoryColumn("site", site), new CategoryColumn("level", label)]);
        foreach (var trainer in new[] { "boosted-trees", "linear" })
        {
            var model = Trainer.Train(frame, new TrainingOptions { Task = LearningTask.Classification, Label = "level", Trainer = trainer, Seed = 1 });
            Assert.Equal(["high", "low", "middle"], model.Classes!);
            using var session = ModelSession.Load(model.Onnx);
            var answers = FrameScorer.Score(session, frame, "level", new ScoringOptions { Rows = model.Holdout });
            Assert.InRange(model.Holdout.Select((row, i) => label[row] == answers.Labels![i] ? 1.0 : 0).Average(), 0.95, 1);
            var odd = new DataFrame([new NumberColumn("x", [double.NaN, 3]), new CategoryColumn("site", ["mars", null])]);
            var unknown = FrameScorer.Score(session, odd);
            for (var r = 0; r < 2; r++)
                Assert.Equal(1, Enumerable.Range(0, 3).Sum(c => unknown.Probabilities![r, c]), 1e-5);
        }
    }

    [Fact]
    public void A_random_split_keeps_the_share_of_each_class()
    {
        var random = new Random(10);
        var x = Enumerable.Range(0, 1_000).Select(_ => Frames.Normal(random)).ToArray();
        var frame = new DataFrame([new NumberColumn("x", x), new NumberColumn("y", [.. Enumerable.Range(0, 1_000).Select(i => i % 20 == 0 ? 1.0 : 0)])]);
        var options = new TrainingOptions { Task = LearningTask.Classification, Label = "y", Trainer = "linear", Seed = 5 };
        var model = Trainer.Train(frame, options);
        Assert.Equal(200, model.HoldoutRows);
        Assert.Equal(10, model.Holdout.Count(r => r % 20 == 0));
        Assert.NotEqual(model.Holdout, Trainer.Train(frame, options with { Seed = 6 }).Holdout);
    }

    [Theory]
    [InlineData("""{"max_depth":40}""", "train.parameters.max_depth: must be 1..16 (a whole number)")]
    [InlineData("""{"max_depth":2.5}""", "train.parameters.max_depth: must be 1..16 (a whole number)")]
    [InlineData("""{"eta":0}""", "train.parameters.eta: must be above 0 and at most 1")]
    [InlineData("""{"eta":"fast"}""", "train.parameters.eta: must be above 0 and at most 1")]
    [InlineData("""{"tree_method":"gpu_hist"}""", "train.parameters.tree_method: must be one of hist, exact, approx")]
    [InlineData("""{"depth":4}""", "train.parameters.depth: unknown parameter; known: rounds, early_stopping_rounds, eta, max_depth,")]
    public void Parameters_are_checked_by_name(string parameters, string said) =>
        Said(said, Frames.BuildingOptions() with { Parameters = Frames.Parameters(parameters) });

    [Fact]
    public void Options_are_checked_against_the_data()
    {
        var options = Frames.BuildingOptions();
        Said("data.label: column 'kw' is not there; columns: timestamp, outdoor, fuel, kwh", options with { Label = "kw" });
        Said("data.time: column 'when' is not there", options with { Time = "when" });
        Said("data.time: column 'fuel' holds categories", options with { Time = "fuel" });
        Said("data.label: column 'fuel' holds categories; regression needs numbers", options with { Label = "fuel" });
        Said("data.label: column 'kwh' holds", options with { Task = LearningTask.Classification });
        Said("data.features: column 'wind' is not there", options with { Features = ["wind"] });
        Said("data.features: 'kwh' is the label", options with { Features = ["kwh"] });
        Said("data.lags[0].column: 'fuel' holds categories", options with { Lags = [new LagFeature("fuel", [1])] });
        Said("data.lags[0].lags: must be 1..10000", options with { Lags = [new LagFeature("kwh", [0])] });
        Said("evaluate.holdout", options with { Holdout = 0.9 });
        Said("train.trainer: 'forest' is not known; known: linear, boosted-trees, network", options with { Trainer = "forest", Parameters = null });
        Said("train.windowSearch: needs data.time", options with { Time = null, Features = ["outdoor"], WindowSearch = true });
        Said("train.window: must be at least 100", options with { Window = 5 });

        var few = Assert.Throws<TrainingDataException>(() => Trainer.Train(Frames.Building(60, 1), options));
        Assert.Contains("60 rows with a value in 'kwh'; at least 100", few.Message, StringComparison.Ordinal);
        var one = new DataFrame([new NumberColumn("x", new double[200]), new NumberColumn("y", new double[200])]);
        var single = Assert.Throws<TrainingDataException>(() => Trainer.Train(one, new TrainingOptions { Task = LearningTask.Classification, Label = "y" }));
        Assert.Contains("labels.single_class", single.Message, StringComparison.Ordinal);
        var huge = new DataFrame(
            [
                new NumberColumn("x", [.. Enumerable.Range(0, 200).Select(i => i == 7 ? 1e39 : i)]),
                new NumberColumn("y", [.. Enumerable.Range(0, 200).Select(i => (double)i)])]);
        Assert.Contains("does not fit float32", Assert.Throws<TrainingDataException>(() => Trainer.Train(huge, new TrainingOptions { Task = LearningTask.Regression, Label = "y" })).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("boosted-trees")]
    [InlineData("linear")]
    public void Numbers_far_from_zero_and_constant_columns_keep_parity(string trainer)
    {
        var random = new Random(11);
        var x = Enumerable.Range(0, 500).Select(_ => 1e6 + Frames.Normal(random)).ToArray();
        var frame = new DataFrame(
        [
            new NumberColumn("x", x), new NumberColumn("constant", [.. Enumerable.Repeat(1e9, 500)]),
            new NumberColumn("empty", [.. Enumerable.Repeat(double.NaN, 500)]),
            new NumberColumn("y", [.. x.Select(v => 5e5 + (100 * (v - 1e6)))]),
        ]);
        var model = Trainer.Train(frame, new TrainingOptions { Task = LearningTask.Regression, Label = "y", Trainer = trainer });
        Assert.InRange(model.Parity.MaxRelativeError, 0, 1e-5);
        Assert.Equal("x", model.Importances[0].Feature);
    }

    [Fact]
    public void More_threads_give_the_same_bytes_each_time_too()
    {
        var frame = Frames.Building(600, 14);
        var options = Frames.BuildingOptions() with { Parameters = Frames.Parameters("""{"rounds":20,"nthread":2}""") };
        Assert.Equal(Trainer.Train(frame, options).Onnx, Trainer.Train(frame, options).Onnx);
    }

    [Fact]
    public void A_run_can_be_stopped_and_tells_how_far_it_is()
    {
        var frame = Frames.Building(1_000, 12);
        using var stop = new CancellationTokenSource();
        var told = new List<double>();
        Assert.ThrowsAny<OperationCanceledException>(() => Trainer.Train(frame, Frames.BuildingOptions(), share =>
        {
            told.Add(share);
            if (told.Count == 5)
                stop.Cancel();
        }, stop.Token));
        Assert.Equal(5, told.Count);
        told.Clear();
        Trainer.Train(frame, Frames.BuildingOptions(), told.Add);
        Assert.Equal(told.Order(), told);
        Assert.Equal(1, told[^1]);
    }

    [SharedDataFact]
    public void Iris_is_learnt() => Learns("tabular/iris.csv", 4, 0.93);

    [SharedDataFact]
    public void Wine_is_learnt() => Learns("tabular/wine_data.csv", 13, 0.9);

    [SharedDataFact]
    public void Breast_cancer_is_learnt() => Learns("tabular/breast_cancer.csv", 30, 0.93);

    private static void Learns(string file, int features, double least)
    {
        // The first line of these files is "rows,features,class names": a header of our own takes its place.
        var lines = File.ReadAllLines(SharedData.Path(file)).Skip(1).Where(l => l.Length > 0);
        var header = string.Join(',', Enumerable.Range(0, features).Select(i => $"x{i}").Append("label"));
        var frame = Frames.Csv(header + "\n" + string.Join('\n', lines) + "\n");
        foreach (var trainer in new[] { "linear", "boosted-trees", "network" })
        {
            var right = 0.0;
            for (var seed = 0; seed < 3; seed++)
            {
                var parameters = trainer == "boosted-trees" ? Frames.Parameters("""{"min_child_weight":1,"eta":0.1,"rounds":200}""") : null;
                var model = Trainer.Train(frame, new TrainingOptions
                {
                    Task = LearningTask.Classification, Label = "label", Trainer = trainer, Parameters = parameters, Holdout = 0.3, Seed = seed,
                });
                using var session = ModelSession.Load(model.Onnx);
                var answers = FrameScorer.Score(session, frame, "label", new ScoringOptions { Rows = model.Holdout });
                var truth = FrameScorer.TrueLabels(frame, "label");
                right += model.Holdout.Select((row, i) => truth[row] == answers.Labels![i] ? 1.0 : 0).Average() / 3;
            }
            Assert.InRange(right, least, 1);
        }
    }

    private static double Error(TrainedModel model, DataFrame frame, int[] rows)
    {
        using var session = ModelSession.Load(model.Onnx);
        var predicted = FrameScorer.Score(session, frame, model.Schema.Label, new ScoringOptions { Rows = rows }).Values!;
        var truth = FrameScorer.TrueValues(frame, model.Schema.Label);
        return rows.Select((row, i) => Math.Abs(truth[row] - predicted[i])).Average();
    }

    private static void Said(string said, TrainingOptions options)
    {
        var problem = Assert.Throws<TrainingDataException>(() => Trainer.Train(Frames.Building(300, 1), options));
        Assert.StartsWith(said, problem.Message, StringComparison.Ordinal);
    }
}
