using System.Text.Json.Nodes;
using Iml4e.Assessment.Pipelines;
using Iml4e.Functions.Retraining;

namespace Iml4e.Tests.Unit.Functions;

public sealed class RepositoryPushTests
{
    private const string GitHub = """
        {"ref":"refs/heads/main","after":"0123456789abcdef","repository":{"pushed_at":1767600000},
         "commits":[{"added":["pipelines/bldg/a.yaml"],"modified":[],"removed":["docs/x.md"]},{"added":[],"modified":["src/a.py"],"removed":[]}]}
        """;

    [Fact]
    public void A_push_is_read()
    {
        var push = RepositoryPush.Read(JsonNode.Parse(GitHub));
        Assert.Equal(("main", "0123456789abcdef", true), (push.Branch, push.Commit, push.IsComplete));
        Assert.Equal(["docs/x.md", "pipelines/bldg/a.yaml", "src/a.py"], push.Paths.Order());
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1767600000), push.PushedAt);
    }

    [Theory]
    [InlineData("main", "pipelines/bldg/**", true)]
    [InlineData("main", "pipelines/*", false)]
    [InlineData("main", "**/*.py", true)]
    [InlineData("main", "", true)]
    [InlineData("other", "", false)]
    public void It_concerns_those_that_name_its_branch_and_one_of_its_paths(string branch, string glob, bool concerns)
    {
        var trigger = new RepositoryTrigger { Branch = branch, Paths = glob.Length == 0 ? [] : [glob] };
        Assert.Equal(concerns, RepositoryPush.Read(JsonNode.Parse(GitHub)).Concerns(trigger));
    }

    [Fact]
    public void A_push_that_is_cut_off_may_touch_any_path()
    {
        var body = JsonNode.Parse(GitHub)!;
        body["total_commits_count"] = 50;
        Assert.True(RepositoryPush.Read(body).Concerns(new RepositoryTrigger { Paths = ["nothing/**"] }));
        Assert.True(RepositoryPush.Read(JsonNode.Parse("""{"ref":"refs/heads/main"}""")).Concerns(new RepositoryTrigger { Paths = ["nothing/**"] }));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"ref":7,"commits":"x","repository":[],"after":{}}""")]
    [InlineData("""{"ref":"refs/tags/v1","commits":[null,7,{"added":[null,{}],"modified":7}],"repository":{"pushed_at":true},"timestamp":"soon"}""")]
    public void Whatever_is_of_another_type_is_left_out(string json)
    {
        var push = RepositoryPush.Read(JsonNode.Parse(json));
        Assert.Equal((null, null), (push.Branch, push.PushedAt));
        Assert.Empty(push.Paths);
    }
}
