namespace Iml4e.Tests.Integration.App.Pages;

/// <summary>The page of a pipeline and the dashboard in Chromium; pipeline.mjs makes the checks.</summary>
public sealed class PipelinePageTests(PipelineBrowser browser) : IClassFixture<PipelineBrowser>
{
    [Theory]
    [InlineData("the key is asked for and stays out of every address")]
    [InlineData("a policy of content is sent, and nothing is asked of elsewhere")]
    [InlineData("the present state is lit and the way to it marked")]
    [InlineData("the confidence sequence has its band, its estimate and its zero line")]
    [InlineData("looks are read by keyboard and as a table")]
    [InlineData("traffic, plan, guardrails and validity are told with their limits")]
    [InlineData("each trigger has its evidence and what came of it")]
    [InlineData("each retraining has its gate and its report")]
    [InlineData("the audit log is paged and its chain checked")]
    [InlineData("hostile texts are shown as texts")]
    [InlineData("what has not changed stays in place")]
    [InlineData("a wrong key is told, and asked for again")]
    [InlineData("an approval is explained, confirmed and done")]
    [InlineData("a refusal is shown with its problem details")]
    [InlineData("the end is lit")]
    [InlineData("the dashboard leads to the page")]
    [InlineData("a pipeline that is not there is told")]
    [InlineData("a narrow window needs no scrolling to the side")]
    [InlineData("texts stand out in the light and in the dark")]
    [InlineData("every control has a name")]
    [InlineData("nothing is wrong in the console")]
    public void Shows(string check) => Assert.True(browser[check] == "ok", browser[check]);
}
