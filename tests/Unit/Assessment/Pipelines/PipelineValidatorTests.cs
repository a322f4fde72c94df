using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Http;
using Iml4e.Learning.Networks;

namespace Iml4e.Tests.Unit.Assessment.Pipelines;

public sealed class PipelineValidatorTests
{
    private const string Minimal = """
        name: hq-heating
        task: regression
        data: { dataset: hq-heating, label: kwh, time: timestamp }
        train: { trainer: boosted-trees }
        """;

    [Fact]
    public void The_minimal_document_is_enough_and_its_defaults_are_those_of_the_specification()
    {
        var pipeline = Read(Minimal);
        Assert.Empty(Check(pipeline));
        Assert.Equal("mae <= champion.mae", PipelineValidator.AcceptOf(pipeline));
        Assert.Equal((0.05, 5000d, 200), (pipeline.Experiment.Alpha, pipeline.Experiment.TuningN, pipeline.Experiment.MinUnitsPerArm));
        Assert.Equal([0.05, 0.25, 0.5], pipeline.Experiment.Stages);
    }

    [Theory]
    [InlineData("train: { trainer: magic }", "train.trainer")]
    [InlineData("train: { trainer: linear, parameters: { depth: 3 } }", "train.parameters.depth")]
    [InlineData("train: { trainer: boosted-trees, parameters: { max_depth: 99 } }", "train.parameters.max_depth")]
    [InlineData("train: { trainer: linear, fineTune: { model: m } }", "train.fineTune")]
    [InlineData("train: { trainer: external, url: \"https://t.example\", fineTune: { model: m } }", "train.fineTune")]
    [InlineData("train: { trainer: network, fineTune: { model: \"\" } }", "train.fineTune.model")]
    [InlineData("train: { trainer: network, fineTune: { model: m, version: \"\" } }", "train.fineTune.version")]
    [InlineData("train: { trainer: network, fineTune: { model: m, trainable: [\"fc.*\", \"\"] } }", "train.fineTune.trainable[1]")]
    [InlineData("train: { trainer: network, fineTune: { model: m }, parameters: { hidden: [8] } }", "train.parameters.hidden")]
    [InlineData("train: { trainer: linear, triggers: [schedule] }", "train.schedule")]
    [InlineData("train: { trainer: linear, schedule: \"* * *\" }", "train.schedule")]
    [InlineData("train: { trainer: linear, schedule: \"0 0 0 L * *\" }", "train.schedule")]
    [InlineData("train: { trainer: linear, triggers: [manual] }", "train.triggers")]
    [InlineData("train: { trainer: linear, window: 3 }", "train.window")]
    [InlineData("train: { trainer: linear }\nevaluate: { holdout: 0.9 }", "evaluate.holdout")]
    [InlineData("train: { trainer: linear }\nevaluate: { metric: accuracy }", "evaluate.metric")]
    [InlineData("train: { trainer: linear }\nevaluate: { accept: \"mae < champion.foo\" }", "evaluate.accept")]
    [InlineData("train: { trainer: linear }\nevaluate: { accept: \"mae <\" }", "evaluate.accept")]
    [InlineData("train: { trainer: linear }\nexperiment: { stages: [0.5, 0.25] }", "experiment.stages[1]")]
    [InlineData("train: { trainer: linear }\nexperiment: { alpha: 0.7 }", "experiment.alpha")]
    [InlineData("train: { trainer: linear }\nmonitor: { low: 3, high: 2 }", "monitor.high")]
    [InlineData("train: { trainer: linear }\nmonitor: { signal: magic }", "monitor.signal")]
    public void Errors_name_the_field(string rest, string path)
    {
        var text = Minimal.Replace("train: { trainer: boosted-trees }", rest, StringComparison.Ordinal);
        Assert.Contains(Check(Read(text)), e => e.Path == path);
    }

    [Fact]
    public void A_model_that_is_trained_on_comes_to_the_training_as_it_is_written()
    {
        var text = Minimal.Replace(
            "train: { trainer: boosted-trees }",
            "train: { trainer: network, parameters: { epochs: 5 }, fineTune: { model: base, version: \"3\", trainable: [\"fc.*\"], normalization: fold } }",
            StringComparison.Ordinal);
        var pipeline = Read(text);
        Assert.Empty(Check(pipeline));
        var tune = TrainRequest.For(pipeline, "1").FineTune!;
        Assert.Equal(("base", "3", NormalizationTreatment.Fold), (tune.Model, tune.Version, tune.Normalization));
        Assert.Equal(["fc.*"], tune.Trainable);
        var options = TrainRequest.For(pipeline, "1").ToOptions(new byte[] { 1 });
        Assert.Equal((1, NormalizationTreatment.Fold), (options.FineTuning!.Model.Length, options.FineTuning.Normalization));
        Assert.Null(TrainRequest.For(Read(Minimal), "1").ToOptions().FineTuning);
    }

    [Theory]
    [InlineData("{ job: evaluate, accept: \"mae <= champion.mae and challenger.mae < 3\" }", null, "")]
    [InlineData("{ job: evaluate, with: { dataset: other }, accept: \"mae < 3\" }", null, "")]
    [InlineData("{ job: magic, accept: \"mae < 3\" }", "gates[0].job", "known are evaluate, train")]
    [InlineData("{ job: evaluate, accept: \"mae <\" }", "gates[0].accept", "line 1, column 6")]
    [InlineData("{ job: evaluate, accept: \"1 < 2\" }", "gates[0].accept", "must name a metric")]
    [InlineData("{ job: evaluate, with: { datset: other }, accept: \"mae < 3\" }", "gates[0].with.datset", "unknown field")]
    [InlineData("{ job: evaluate, with: { model: 3 }, accept: \"mae < 3\" }", "gates[0].with.model", "a string")]
    [InlineData("{ job: evaluate, with: { accept: \"mae < 3\" }, accept: \"mae < 3\" }", "gates[0].with.accept", "own accept")]
    [InlineData("{ job: evaluate, with: { version: challenger }, accept: \"mae < 3\" }", "gates[0].with.version", "leave it out")]
    [InlineData("{ job: evaluate, name: \"\", accept: \"mae < 3\" }", "gates[0].name", "1 to 64")]
    [InlineData("{ job: train, accept: \"mae < 3\" }", "gates[0].with.trainer", "required")]
    [InlineData("{ job: train, with: { trainer: linear }, accept: \"mae < champion.mae\" }", "gates[0].accept", "about a model version")]
    [InlineData("{ job: train, with: { trainer: linear }, accept: \"mae < 3\" }", null, "")]
    public void Gates(string gate, string? path, string message)
    {
        var pipeline = Read(Minimal + "\ngates: [" + gate + "]");
        var errors = new ValidationErrors();
        PipelineValidator.Check(pipeline, errors, [new EvaluateJob(), new TrainJob()]);
        if (path is null)
            Assert.Empty(errors.Items);
        else
            Assert.Contains(message, Assert.Single(errors.Items, e => e.Path == path).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ accept: \"mae < 3\" }", "gates[0].job")]
    [InlineData("{ job: evaluate }", "gates[0].accept")]
    [InlineData("{ job: evaluate, accept: \"mae < 3\", if: yes }", "gates[0].if")]
    public void A_gate_that_does_not_bind_names_the_field(string gate, string path) =>
        Assert.Equal(path, Assert.Throws<DocumentException>(() => Read(Minimal + "\ngates: [" + gate + "]")).Errors[0].Path);

    /// <summary>Whatever is done to a document, it is taken or refused with what is wrong.</summary>
    [Fact]
    public void Nothing_else_escapes_from_mutated_documents() => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var text = Minimal + """

            evaluate: { holdout: 0.2, metric: mae, accept: "mae <= champion.mae * 1.02" }
            gates: [{ job: evaluate, with: { dataset: x }, accept: "mae < 3" }]
            experiment: { stages: [0.05, 0.5], alpha: 0.05, maxDuration: 7d, guardrails: [{ name: slow, event: "latencyMs > 250" }] }
            monitor: { window: 500, high: 1.5 }
            """;
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(text.Length);
            var end = Math.Min(text.Length, at + random.Next(6));
            text = text[..at] + Pieces[random.Next(Pieces.Length)] + text[end..];
        }
        try
        {
            foreach (var error in Check(Read(text)))
                Assert.NotEmpty(error.Message);
        }
        catch (DocumentException e)
        {
            Assert.NotEmpty(e.Errors);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static readonly string[] Pieces =
        ["", " ", "\n", ":", "[", "]", "{", "}", "\"", "&a ", "*a", "!!int ", "null", "-1", "1e999", ".nan", "~", "|", "? ", "- ", "é", "\0", "true", "#", ","];

    [Theory]
    [InlineData("tusk: regression", "tusk")]
    [InlineData("train: { trainer: linear, windov: 3 }", "train.windov")]
    [InlineData("train: { trainer: linear, window: many }", "train.window")]
    [InlineData("train: { trainer: linear, cooldown: soon }", "train.cooldown")]
    [InlineData("train: { trainer: linear, triggers: [moon] }", "train.triggers[0]")]
    [InlineData("train: { trainer: linear }\nexperiment: { primary: { nome: x } }", "experiment.primary.nome")]
    public void What_does_not_bind_names_the_field(string rest, string path)
    {
        var text = rest.StartsWith("train", StringComparison.Ordinal)
            ? Minimal.Replace("train: { trainer: boosted-trees }", rest, StringComparison.Ordinal)
            : Minimal + "\n" + rest;
        var error = Assert.Throws<DocumentException>(() => Read(text));
        Assert.Equal(path, error.Errors[0].Path);
    }

    private static PipelineDefinition Read(string yaml) => DocumentJson.Read<PipelineDefinition>(YamlDocument.Parse(Encoding.UTF8.GetBytes(yaml)));

    private static IReadOnlyList<Iml4e.Assessment.ConfigurationError> Check(PipelineDefinition pipeline)
    {
        var errors = new ValidationErrors();
        PipelineValidator.Check(pipeline, errors);
        return errors.Items;
    }
}
