using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Tests.Unit.Inference;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Learning.Networks;

public sealed class NetworkTrainerTests(ITestOutputHelper log)
{
    [Fact]
    public void A_building_is_learnt_with_missing_values_and_categories()
    {
        var frame = Frames.Building(1500, 1);
        var trained = Trainer.Train(frame, Frames.BuildingOptions("network") with { Parameters = Frames.Parameters("""{"epochs":30,"patience":5,"learning_rate":0.005}""") });
        log.WriteLine($"validation loss {trained.ValidationLoss}, {trained.Details.ToJsonString()}");
        Assert.True(trained.Parity.MaxRelativeError <= Trainer.ParityTolerance);
        // Half an hour of the day alone makes 400; the noise is 4.
        Assert.InRange(trained.ValidationLoss!.Value, 0, 60);
        Assert.Contains("outdoor", trained.Importances[0].Feature + trained.Importances[1].Feature + trained.Importances[2].Feature, StringComparison.Ordinal);
        Assert.Equal(1, trained.Importances.Sum(i => i.Share), 1e-9);
    }

    [Fact]
    public void Classes_are_learnt_and_rows_count_by_their_weights()
    {
        var random = new Random(2);
        var (x, y, kind, weight) = (new double[600], new double[600], new string?[600], new double[600]);
        for (var i = 0; i < 600; i++)
        {
            (x[i], y[i]) = (random.NextDouble() * 2 - 1, random.NextDouble() * 2 - 1);
            kind[i] = x[i] * x[i] + y[i] * y[i] < 0.5 ? "inside" : "outside";
            weight[i] = 1;
            if (i % 3 != 0)
                continue;
            // Lies, which count nothing.
            (kind[i], weight[i]) = (kind[i] == "inside" ? "outside" : "inside", 0);
        }

        var frame = new DataFrame([new NumberColumn("x", x), new NumberColumn("y", y), new CategoryColumn("kind", kind), new NumberColumn("weight", weight)]);
        var trained = Trainer.Train(frame, new TrainingOptions
        {
            Task = LearningTask.Classification, Label = "kind", Trainer = "network", Weight = "weight", Seed = 3,
            Parameters = Frames.Parameters("""{"hidden":[32,16],"epochs":60,"optimizer":"adamw","learning_rate":0.01,"dropout":0.05,"schedule":"one_cycle"}"""),
        });
        Assert.Equal(["inside", "outside"], trained.Classes);
        Assert.InRange(trained.ValidationLoss!.Value, 0, 0.25);
        using var session = ModelSession.Load(trained.Onnx);
        Assert.Equal(["label", "probabilities"], session.Metadata.Outputs.Select(o => o.Name));
    }

    [Fact]
    public void The_same_options_and_seed_give_the_same_bytes()
    {
        var options = Frames.BuildingOptions("network") with { Parameters = Frames.Parameters("""{"epochs":3,"hidden":[8],"dropout":0.2,"noise":0.1,"accumulate":3}""") };
        Assert.Equal(Trainer.Train(Frames.Building(400, 1), options).Onnx, Trainer.Train(Frames.Building(400, 1), options).Onnx);
    }

    [SharedDataTheory]
    [InlineData("plain", 0.2)]
    [InlineData("residual", 0.2)]
    [InlineData("depthwise", 0.6)]
    public void Columns_that_are_pixels_are_learnt_as_images(string block, double most)
    {
        var csv = System.Text.Encoding.UTF8.GetString(SharedData.Gunzip("tabular", "digits.csv.gz"));
        var frame = Frames.Csv(string.Join(',', Enumerable.Range(0, 64).Select(i => "p" + i)) + ",digit\n" + csv);
        var trained = Trainer.Train(frame, new TrainingOptions
        {
            Task = LearningTask.Classification, Label = "digit", Trainer = "network", Seed = 1, Refit = false,
            Parameters = Frames.Parameters(
                $$"""{"architecture":"cnn","image":[1,8,8],"channels":[16,32],"block":"{{block}}","epochs":12,"learning_rate":0.004,"schedule":"cosine","shift":1}"""),
        });
        log.WriteLine($"{block}: validation loss {trained.ValidationLoss}");
        Assert.InRange(trained.ValidationLoss!.Value, 0, most);
        Assert.Equal("network", trained.Schema.Trainer);
    }

    [Theory]
    [InlineData("""{"hidden":[0]}""", "train.parameters.hidden")]
    [InlineData("""{"hidden":"64"}""", "train.parameters.hidden")]
    [InlineData("""{"architecture":"cnn"}""", "train.parameters.image")]
    [InlineData("""{"image":[1,2,3]}""", "train.parameters.image")]
    [InlineData("""{"architecture":"cnn","image":[1,8]}""", "train.parameters.image")]
    [InlineData("""{"architecture":"transformer"}""", "train.parameters.architecture")]
    [InlineData("""{"shift":2}""", "train.parameters.architecture")]
    [InlineData("""{"optimizer":"lion"}""", "train.parameters.optimizer")]
    [InlineData("""{"nesterov":true}""", "train.parameters.nesterov")]
    [InlineData("""{"momentum":1}""", "train.parameters.momentum")]
    [InlineData("""{"learning_rate":0}""", "train.parameters.learning_rate")]
    [InlineData("""{"schedule":"exponential"}""", "train.parameters.schedule")]
    [InlineData("""{"epochs":0}""", "train.parameters.epochs")]
    [InlineData("""{"depth":3}""", "train.parameters.depth")]
    public void Parameters_that_make_no_sense_are_refused(string parameters, string path) =>
        Assert.Equal(path, Trainer.CheckParameters("network", LearningTask.Classification, Frames.Parameters(parameters))?.Path);

    [Fact]
    public void Images_must_be_as_large_as_there_are_columns()
    {
        var options = Frames.BuildingOptions("network") with { Parameters = Frames.Parameters("""{"architecture":"cnn","image":[1,8,8]}""") };
        Assert.Equal("train.parameters.image", Assert.Throws<TrainingDataException>(() => Trainer.Train(Frames.Building(300, 1), options)).Path);
    }

    [Fact]
    public void Adversarial_rows_are_learnt_from()
    {
        var options = Frames.BuildingOptions("network") with
        {
            Parameters = Frames.Parameters("""{"epochs":4,"hidden":[8],"adversarial_epsilon":0.05,"adversarial_steps":3,"adversarial_share":0.5}"""),
        };
        Assert.True(Trainer.Train(Frames.Building(300, 1), options).Parity.Ok);
    }
}
