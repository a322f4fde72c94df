using Iml4e.CommandLine;

namespace Iml4e.Tests.Unit.CommandLine;

public sealed class CommandTreeTests
{
    [Theory]
    [InlineData("job train --with request.yaml --set a=1 --set b.c=2 --out reports --accept x --url http://127.0.0.1:7071", 0)]
    [InlineData("run --port 0 --data folder", 0)]
    [InlineData("demo --exit --seed 3 --chaos 5", 0)]
    [InlineData("job", 1)]
    [InlineData("job train --url nowhere", 1)]
    [InlineData("job train --url ftp://host/", 1)]
    [InlineData("run --port 70000", 1)]
    [InlineData("run --port x", 1)]
    [InlineData("demo --chaos -1", 1)]
    [InlineData("demo --unknown", 1)]
    [InlineData("verify --scope audit --scope models --json --url http://127.0.0.1:7071 --key k", 0)]
    [InlineData("verify --scope everything", 1)]
    [InlineData("pose-eval --gt a.json --dt b.json --type keypoints --skeleton spine9 --analysis compat --metrics pck,mpjpe --norm torso --json", 0)]
    [InlineData("anonymise --model f.onnx --family yunet --in a --out b --method blur", 0)]
    [InlineData("anonymise --model f.onnx --family faces --in a --out b", 1)]
    [InlineData("pose-eval --gt a.json --type bbox", 1)]
    [InlineData("pose-eval --gt a.json --dt b.json --type masks", 1)]
    [InlineData("pose-eval --gt a.json --dt b.json --type keypoints --metrics auc", 1)]
    [InlineData("pose-sigmas --first a.json --second b.json", 0)]
    public void Command_lines_are_understood_or_refused(string line, int errors) =>
        Assert.Equal(errors, Math.Sign(CommandTree.Build().Parse(line.Split(' ')).Errors.Count));

    [Fact]
    public void A_command_that_is_named_is_made_alone_and_understands_the_same()
    {
        var all = CommandTree.Build();
        Assert.Equal(all.Subcommands.Select(c => c.Name), CommandTree.Build("--help").Subcommands.Select(c => c.Name));
        Assert.All(all.Subcommands, command =>
        {
            var alone = Assert.Single(CommandTree.Build(command.Name).Subcommands);
            Assert.Equal((command.Name, command.Description), (alone.Name, alone.Description));
            Assert.Equal(command.Options.Select(o => o.Name), alone.Options.Select(o => o.Name));
        });
    }

    [Fact]
    public void Several_sets_are_all_kept() =>
        Assert.Equal(["a=1", "b=x y"], CommandTree.Build().Parse(["job", "train", "--set", "a=1", "--set", "b=x y"]).GetValue<string[]>("--set")!);
}
