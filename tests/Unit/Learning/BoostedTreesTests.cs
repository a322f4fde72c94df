using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.Inference;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

public class BoostedTreesTests
{
    [Theory]
    [InlineData("reg:squarederror")]
    [InlineData("reg:absoluteerror")]
    [InlineData("reg:pseudohubererror")]
    [InlineData("reg:squaredlogerror")]
    [InlineData("reg:logistic")]
    [InlineData("count:poisson")]
    [InlineData("reg:gamma")]
    [InlineData("reg:tweedie")]
    public void Every_objective_of_a_regression_is_learnt(string objective)
    {
        var random = new Random(1);
        var x = Enumerable.Range(0, 800).Select(_ => random.NextDouble()).ToArray();
        // Shares, counts and sizes alike: 0.1 to 0.9.
        var y = Array.ConvertAll(x, v => objective == "count:poisson" ? Math.Floor((5 * v) + random.NextDouble()) : 0.1 + (0.8 * (v > 0.5 ? v : v * v)));
        var frame = new DataFrame([new NumberColumn("x", x), new NumberColumn("y", y)]);
        var parallel = objective == "reg:absoluteerror" ? 1 : 2;
        var model = Train(frame, "y", $$"""{"objective":"{{objective}}","rounds":200,"eta":0.1,"num_parallel_tree":{{parallel}}}""");
        Assert.Equal(objective, model.Details["objective"]!.GetValue<string>());
        Assert.Equal(parallel * model.Details["rounds"]!.GetValue<int>(), model.Details["trees"]!.GetValue<int>());
        using var session = ModelSession.Load(model.Onnx);
        var predicted = FrameScorer.Score(session, frame, "y", new ScoringOptions { Rows = model.Holdout }).Values!;
        var spread = y.Select(v => Math.Abs(v - y.Average())).Average();
        Assert.InRange(model.Holdout.Select((row, i) => Math.Abs(y[row] - predicted[i])).Average(), 0, spread / 2);
    }

    [Theory]
    [InlineData("multi:softprob")]
    [InlineData("multi:softmax")]
    public void Two_classes_may_have_a_score_each(string objective)
    {
        var frame = Steps(400, 3);
        var model = Train(frame, "y", $$"""{"objective":"{{objective}}","rounds":20}""", LearningTask.Classification);
        using var session = ModelSession.Load(model.Onnx);
        var answers = FrameScorer.Score(session, frame, "y");
        Assert.Equal(2, answers.Probabilities!.GetLength(1));
        Assert.InRange(Enumerable.Range(0, 400).Average(r => answers.Labels![r] == Class(frame, r) ? 1.0 : 0), 0.95, 1);
    }

    [Theory]
    [InlineData("count:poisson", "needs labels 0 or more")]
    [InlineData("reg:gamma", "needs labels above 0")]
    [InlineData("reg:logistic", "needs labels 0 to 1")]
    [InlineData("reg:squaredlogerror", "needs labels above -1")]
    public void Labels_outside_an_objective_are_refused(string objective, string said)
    {
        var frame = new DataFrame(
            [
                new NumberColumn("x", [.. Enumerable.Range(0, 200).Select(i => (double)i)]),
                new NumberColumn("y", [.. Enumerable.Range(0, 200).Select(i => i - 50.0)])]);
        var problem = Assert.Throws<TrainingDataException>(() => Train(frame, "y", $$"""{"objective":"{{objective}}"}"""));
        Assert.StartsWith($"data.label: {objective} {said}", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"objective":"rank:pairwise"}""", "train.parameters.objective: must be one of reg:squarederror, reg:absoluteerror,")]
    [InlineData("""{"tweedie_variance_power":1.5}""", "train.parameters.tweedie_variance_power: belongs to the objective reg:tweedie")]
    [InlineData("""{"objective":"reg:tweedie","tweedie_variance_power":2}""", "train.parameters.tweedie_variance_power: must be above 1 and below 2")]
    [InlineData("""{"categories":"native","tree_method":"exact"}""", "train.parameters.categories: native needs tree_method hist or approx")]
    [InlineData("""{"max_cat_threshold":8}""", "train.parameters.max_cat_threshold: belongs to \"categories\": \"native\"")]
    [InlineData("""{"monotone_constraints":{"outdoor":2}}""", "train.parameters.monotone_constraints.outdoor: must be -1..1 (a whole number)")]
    [InlineData("""{"monotone_constraints":[1]}""", "train.parameters.monotone_constraints: must be an object of column names")]
    [InlineData(
        """{"monotone_constraints":{"wind":1}}""", "train.parameters.monotone_constraints.wind: 'wind' is no feature or feature column; features: outdoor,")]
    [InlineData("""{"monotone_constraints":{"fuel":1},"categories":"native"}""", "train.parameters.monotone_constraints.fuel: categories have no order")]
    [InlineData("""{"interaction_constraints":["outdoor"]}""", "train.parameters.interaction_constraints: must be a list of lists")]
    [InlineData("""{"interaction_constraints":[["outdoor"],["wind"]]}""", "train.parameters.interaction_constraints[1]: 'wind' is no feature")]
    [InlineData("""{"num_parallel_tree":0}""", "train.parameters.num_parallel_tree: must be 1..1000")]
    [InlineData("""{"num_parallel_tree":2,"objective":"reg:absoluteerror"}""", "train.parameters.num_parallel_tree: must be 1 with reg:absoluteerror")]
    [InlineData("""{"search":"yes"}""", "train.parameters.search: must be true or false")]
    public void Parameters_say_what_would_be_right(string parameters, string said)
    {
        var options = Frames.BuildingOptions() with { Parameters = Frames.Parameters(parameters) };
        var problem = Assert.Throws<TrainingDataException>(() => Trainer.Train(Frames.Building(300, 1), options));
        Assert.StartsWith(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_monotone_constraint_holds_where_the_data_alone_would_break_it()
    {
        var random = new Random(5);
        var x = Enumerable.Range(0, 1_000).Select(_ => random.NextDouble()).ToArray();
        var frame = new DataFrame(
            [new NumberColumn("x", x), new NumberColumn("y", [.. x.Select(v => Math.Sin(9 * v) + (3 * v) + (0.2 * Frames.Normal(random)))])]);
        Assert.True(Falls(Train(frame, "y", """{"rounds":100}""")) > 0);
        Assert.Equal(0, Falls(Train(frame, "y", """{"rounds":100,"monotone_constraints":{"x":1}}""")));

        static int Falls(TrainedModel model)
        {
            var grid = new DataFrame([new NumberColumn("x", [.. Enumerable.Range(0, 500).Select(i => i / 500.0)])]);
            using var session = ModelSession.Load(model.Onnx);
            var values = FrameScorer.Score(session, grid).Values!;
            return Enumerable.Range(1, 499).Count(i => values[i] < values[i - 1]);
        }
    }

    [Fact]
    public void Features_that_may_not_meet_add_up()
    {
        var random = new Random(6);
        double[] a = [.. Enumerable.Range(0, 1_000).Select(_ => (double)random.Next(2))], b =
            [.. Enumerable.Range(0, 1_000).Select(_ => (double)random.Next(2))];
        var frame = new DataFrame(
            [new NumberColumn("a", a), new NumberColumn("b", b), new NumberColumn("y", [.. a.Zip(b, (p, q) => (p * q) + (0.01 * Frames.Normal(random)))])]);
        Assert.InRange(Interaction(Train(frame, "y", """{"rounds":100,"colsample_bytree":1}""")), 0.8, 1.2);
        Assert.InRange(Interaction(Train(frame, "y", """{"rounds":100,"colsample_bytree":1,"interaction_constraints":[["a"],["b"]]}""")), -1e-5, 1e-5);

        static double Interaction(TrainedModel model)
        {
            using var session = ModelSession.Load(model.Onnx);
            var v = FrameScorer.Score(session, new DataFrame([new NumberColumn("a", [0, 0, 1, 1]), new NumberColumn("b", [0, 1, 0, 1])])).Values!;
            return v[0] - v[1] - v[2] + v[3];
        }
    }

    [Fact]
    public void Categories_may_be_split_by_sets_and_unknown_ones_are_served_as_missing()
    {
        var random = new Random(7);
        const int Rows = 2_000;
        var site = Enumerable.Range(0, Rows).Select(i => random.Next(20) == 0 ? null : $"site {random.Next(40)}").ToArray();
        var x = Enumerable.Range(0, Rows).Select(_ => Frames.Normal(random)).ToArray();
        var y = site.Select((s, i) => (s is null ? -5 : s.Length + (10 * Math.Sin(s[^1] * s.Length))) + x[i]).ToArray();
        var frame = new DataFrame([new CategoryColumn("site", site), new NumberColumn("x", x), new NumberColumn("y", y)]);
        var model = Train(frame, "y", """{"rounds":200,"eta":0.2,"categories":"native","max_depth":5}""");
        Assert.Equal(["site", "x"], model.Schema.Features);
        Assert.Equal(CategoryEncoding.Code, FeatureSchema.FromJson(model.Schema.ToJson()).Inputs[0].Encoding);
        using var session = ModelSession.Load(model.Onnx);
        Assert.Equal(TensorDatatype.Bytes, session.Metadata.Inputs[0].Datatype);
        var predicted = FrameScorer.Score(session, frame, "y", new ScoringOptions { Rows = model.Holdout }).Values!;
        Assert.InRange(model.Holdout.Select((row, i) => Math.Abs(y[row] - predicted[i])).Average(), 0, 0.6);
        var odd = FrameScorer.Score(session, new DataFrame([new CategoryColumn("site", ["mars", null]), new NumberColumn("x", [0, 0])])).Values!;
        Assert.InRange(odd[1], -6, -4);
        Assert.True(double.IsFinite(odd[0]));
    }

    [Fact]
    public void Rows_count_by_their_weight()
    {
        var random = new Random(8);
        const int Rows = 600;
        var weight = Enumerable.Range(0, Rows).Select(i => i % 2 == 0 ? 1.0 : 0).ToArray();
        var y = Enumerable.Range(0, Rows).Select(i => (i % 2 == 0 ? 1.0 : 9) + (0.1 * Frames.Normal(random))).ToArray();
        var frame = new DataFrame([new NumberColumn("x", [.. y.Select(_ => random.NextDouble())]), new NumberColumn("w", weight), new NumberColumn("y", y)]);
        var options = new TrainingOptions { Task = LearningTask.Regression, Label = "y", Weight = "w", Parameters = Frames.Parameters("""{"rounds":30}""") };
        var model = Trainer.Train(frame, options);
        Assert.Equal(["x"], model.Schema.Features);
        using var session = ModelSession.Load(model.Onnx);
        Assert.All(FrameScorer.Score(session, frame, "y").Values!, v => Assert.InRange(v, 0.8, 1.2));

        Said("data.weight: the trainer linear lets every row count alike", frame, options with { Trainer = "linear", Parameters = null });
        Said("data.weight: column 'v' is not there", frame, options with { Weight = "v" });
        Said("data.weight: 'y' is the label, the time or a feature", frame, options with { Weight = "y" });
        var negative = new DataFrame([frame["x"], frame["y"], new NumberColumn("w", [.. weight.Select((w, i) => i == 6 ? -1.5 : w)])]);
        Said("data.weight: row 7 has the weight -1.5; numbers of 0 or more are needed", negative, options);
    }

    [Fact]
    public void A_search_tries_what_was_not_given_and_keeps_the_best()
    {
        var frame = Frames.Building(600, 9);
        var options = Frames.BuildingOptions() with { Parameters = Frames.Parameters("""{"search":true,"rounds":25}""") };
        var model = Trainer.Train(frame, options);
        Assert.Equal(12, model.Searched.Count);
        Assert.Equal(12, model.Searched.Select(c => (c.Parameters["eta"], c.Parameters["max_depth"], c.Parameters["min_child_weight"])).Distinct().Count());
        Assert.Equal(model.Searched.Min(c => c.Loss), Assert.Single(model.Searched, c => c.Chosen).Loss);

        // What is given stays; here one combination is left, which is the plain run.
        var given = Trainer.Train(
            frame, options with { Parameters = Frames.Parameters("""{"search":true,"rounds":25,"eta":0.1,"max_depth":3,"min_child_weight":5}""") });
        Assert.Single(given.Searched);
        var plain = Trainer.Train(frame, options with { Parameters = Frames.Parameters("""{"rounds":25,"eta":0.1,"max_depth":3,"min_child_weight":5}""") });
        Assert.Empty(plain.Searched);
        Assert.Equal(plain.Onnx, given.Onnx);
    }

    [Fact]
    public void Importances_have_gain_weight_and_cover()
    {
        var model = Train(Steps(400, 10), "y", """{"rounds":10,"max_depth":1,"colsample_bytree":1,"subsample":1}""", LearningTask.Classification);
        var first = model.Importances[0];
        Assert.Equal("x", first.Feature);
        Assert.Equal(model.Details["trees"]!.GetValue<int>(), model.Importances.Sum(i => i.Splits));
        // 400 rows less the hold-out, each with a Hessian of at most a quarter.
        Assert.InRange(first.Cover!.Value, 1, 80.001);
        Assert.InRange(first.Share, 0.9, 1);
    }

    [Fact]
    public void Without_the_library_training_names_the_package_and_models_run_all_the_same()
    {
        var frame = Frames.Building(300, 11);
        var model = Trainer.Train(frame, Frames.BuildingOptions());
        using var session = ModelSession.Load(model.Onnx);
        var expected = FrameScorer.Score(session, frame, "kwh").Values!;

        // The same assembly once more, in a context where no native library is to be found.
        var learning = new HiddenLibraries(typeof(Trainer).Assembly.Location).LoadFromAssemblyName(typeof(Trainer).Assembly.GetName());
        using var csv = new MemoryStream();
        frame.WriteCsv(csv);
        csv.Position = 0;
        var other = Call(learning, nameof(DataFrame), nameof(DataFrame.Read), csv, null);
        var json = new JsonSerializerOptions { Converters = { new JsonStringEnumConverter() } };
        var options = JsonSerializer.Deserialize(
            JsonSerializer.Serialize(Frames.BuildingOptions(), json), learning.GetType(typeof(TrainingOptions).FullName!)!, json);
        var problem = Assert.Throws<TargetInvocationException>(() => Call(learning, nameof(Trainer), nameof(Trainer.Train), other, options, null, CancellationToken.None)).InnerException!;
        Assert.Equal("native.xgboost_missing", problem.GetType().GetProperty("Code")!.GetValue(problem));
        Assert.Contains("libxgboost0", problem.Message, StringComparison.Ordinal);

        Assert.Contains("engine: managed", problem.Message, StringComparison.Ordinal);
        var managed = Frames.BuildingOptions() with { Parameters = Frames.Parameters("""{"engine":"managed","rounds":5}""") };
        options = JsonSerializer.Deserialize(JsonSerializer.Serialize(managed, json), learning.GetType(typeof(TrainingOptions).FullName!)!, json);
        Assert.NotNull(Call(learning, nameof(Trainer), nameof(Trainer.Train), other, options, null, CancellationToken.None));

        using var again = ModelSession.Load(model.Onnx);
        var predictions = Call(learning, nameof(FrameScorer), nameof(FrameScorer.Score), again, other, "kwh", null, CancellationToken.None);
        Assert.Equal(expected, (double[])predictions.GetType().GetProperty("Values")!.GetValue(predictions)!);
    }

    private static object Call(Assembly learning, string type, string method, params object?[] arguments) =>
        learning.GetType("Iml4e.Learning." + type)!.GetMethod(method)!.Invoke(null, arguments)!;

    private static TrainedModel Train(DataFrame frame, string label, string parameters, LearningTask task = LearningTask.Regression) =>
        Trainer.Train(frame, new TrainingOptions { Task = task, Label = label, Parameters = Frames.Parameters(parameters), Seed = 1 });

    private static DataFrame Steps(int rows, int seed)
    {
        var random = new Random(seed);
        var x = Enumerable.Range(0, rows).Select(_ => random.NextDouble()).ToArray();
        return new DataFrame(
            [
                new NumberColumn("x", x),
                new NumberColumn("noise", [.. x.Select(_ => random.NextDouble())]), new NumberColumn("y", [.. x.Select(v => v > 0.4 ? 1.0 : 0)])]);
    }

    private static string Class(DataFrame frame, int row) => frame.Numbers("y")[row] == 1 ? "1" : "0";

    private static void Said(string said, DataFrame frame, TrainingOptions options) =>
        Assert.StartsWith(said, Assert.Throws<TrainingDataException>(() => Trainer.Train(frame, options)).Message, StringComparison.Ordinal);

    private sealed class HiddenLibraries(string learning) : AssemblyLoadContext("hidden libraries")
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name == Path.GetFileNameWithoutExtension(learning) ? LoadFromAssemblyPath(learning) : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName) => throw new DllNotFoundException(unmanagedDllName);
    }
}
