using System.Text;
using System.Text.Json;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Http;

namespace Iml4e.Tests.Unit.Assessment.Pipelines;

public sealed class GateJobRequestTests
{
    private static readonly PipelineDefinition Pipeline = DocumentJson.Read<PipelineDefinition>(YamlDocument.Parse(Encoding.UTF8.GetBytes("""
        name: hq
        task: regression
        data: { dataset: meters, label: kwh, time: at }
        train: { trainer: linear }
        """)));

    private static readonly GateSubject Subject = new(GateSubject.Challenger, "7", "sha256:ab");

    [Fact]
    public void The_pipeline_says_what_the_gate_leaves_out()
    {
        var request = Make(new GateDefinition { Job = "evaluate", Accept = "mae < 3" }).Deserialize<EvaluateRequest>(DocumentJson.Options)!;
        Assert.Equal(
            new EvaluateRequest
            {
                Model = "hq", Version = "challenger", Dataset = "meters", DatasetVersion = "7", Rows = "sha256:ab", Label = "kwh", Time = "at", Task = Pipeline.Task,
            },
            request);
    }

    [Fact]
    public void Of_another_data_set_the_newest_version_counts_whole()
    {
        var request = Make(With("""{"dataset":"stress","label":"heat"}""")).Deserialize<EvaluateRequest>(DocumentJson.Options)!;
        Assert.Equal(("stress", null, null, "heat"), (request.Dataset, request.DatasetVersion, request.Rows, request.Label));
        Assert.Equal("challenger", request.Version);
    }

    [Fact]
    public void A_kind_gets_only_the_fields_that_it_has()
    {
        var gate = new GateDefinition { Job = "train", Accept = "mae < 3", With = Fields("""{"trainer":"linear"}""") };
        var request = GateJobRequest.Make(gate, new TrainJob(), Pipeline, Subject).Deserialize<TrainRequest>(DocumentJson.Options)!;
        Assert.Equal(("meters", "7", "kwh"), (request.Dataset, request.DatasetVersion, request.Label));
    }

    [Fact]
    public void What_makes_no_request_is_refused_with_its_path() =>
        Assert.Equal("rows", Assert.Throws<DocumentException>(() => Make(With("""{"newestPart":true}"""))).Errors[0].Path);

    [Fact]
    public void Names_without_prefix_are_the_challengers()
    {
        var (challenger, champion) = (Figures(2), Figures(3));
        Assert.True(GateJobRequest.Judge("mae < champion.mae and challenger.mae == mae", challenger, champion).Accepted);
        Assert.Contains("mae 2 < champion.mae 3", GateJobRequest.Judge("mae < champion.mae", challenger, champion).Explanation, StringComparison.Ordinal);
        Assert.Contains("no metric 'rmse'", Assert.Throws<AcceptExpressionException>(() => GateJobRequest.Judge("rmse < 1", challenger, null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mae < champion.mae", true)]
    [InlineData("mae < 3 and challenger.mae > 1", false)]
    public void A_gate_runs_on_the_champion_when_it_is_named(string accept, bool both) =>
        Assert.Equal(both, GateJobRequest.NamesChampion(new GateDefinition { Job = "evaluate", Accept = accept }));

    private static JsonElement Make(GateDefinition gate) => GateJobRequest.Make(gate, new EvaluateJob(), Pipeline, Subject);

    private static GateDefinition With(string json) => new() { Job = "evaluate", Accept = "mae < 3", With = Fields(json) };

    private static Dictionary<string, JsonElement> Fields(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    private static Dictionary<string, double?> Figures(double mae) => new() { ["mae"] = mae };
}
