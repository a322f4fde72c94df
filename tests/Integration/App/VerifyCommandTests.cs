using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Verification;
using Iml4e.CatalogTrials.Predictions;
using Spectre.Console;

namespace Iml4e.Tests.Integration.App;

/// <summary>What <c>iml4e verify</c> writes of a running app's catalogue.</summary>
[Collection(AppCollection.Name)]
public sealed class VerifyCommandTests(AppStack app)
{
    [Fact]
    public async Task A_whole_catalogue_is_told_part_by_part()
    {
        await LinearModel.RegisterAsync(app.Http, AppStack.Unique("verified"), "durable", CancellationToken.None);
        var (code, text) = await RunAsync(new VerifyOptions(["models", "datasets"], Json: false));
        Assert.Equal(0, code);
        Assert.Matches(@"models +no faults +.*\d+ modelVersions", text);
        Assert.Matches(@"datasets +no faults", text);
        Assert.Contains("The catalogue is whole.", text, StringComparison.Ordinal);

        (code, text) = await RunAsync(new VerifyOptions(["models"], Json: true));
        Assert.Equal(0, code);
        var document = JsonNode.Parse(text)!;
        Assert.True(document["intact"]!.GetValue<bool>());
        Assert.Equal(0, document["faults"]!.GetValue<long>());
        Assert.True(document["parts"]!["models"]!["checked"]!["modelVersions"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task A_fault_is_told_with_its_place_and_by_the_exit_code()
    {
        await using var damaged = await DamagedArtefact.CreateAsync(app);
        var (code, text) = await RunAsync(new VerifyOptions(["artefacts"], Json: false));
        Assert.Equal(VerifyRunner.Faulty, code);
        Assert.Matches(@"artefacts +\d+ faults?", text);
        Assert.Contains(damaged.Digest.Split(':')[^1], text, StringComparison.Ordinal);
        Assert.DoesNotContain("The catalogue is whole", text, StringComparison.Ordinal);

        (code, text) = await RunAsync(new VerifyOptions(["artefacts"], Json: true));
        Assert.Equal(VerifyRunner.Faulty, code);
        Assert.Contains(
            JsonNode.Parse(text)!["parts"]!["artefacts"]!["first"]!.AsArray(), f => f!["path"]!.GetValue<string>() == $"artefacts/{damaged.Digest}");
    }

    private async Task<(int Code, string Text)> RunAsync(VerifyOptions options)
    {
        await using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(written),
        });
        console.Profile.Width = 200;
        using var api = new ApiClient(app.Url);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var code = await new VerifyRunner(api, console, written).RunAsync(options, limit.Token);
        return (code, written.ToString());
    }
}
