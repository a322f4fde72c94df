using System.Text;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Http;

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

    [Theory]
    [InlineData("tusk: regression", "tusk")]
    [InlineData("train: { trainer: linear, windov: 3 }", "train.windov")]
    [InlineData("train: { trainer: linear, window: many }", "train.window")]
    [InlineData("train: { trainer: linear, cooldown: soon }", "train.cooldown")]
    [InlineData("train: { trainer: linear, triggers: [drift] }", "train.triggers[0]")]
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
