namespace Iml4e.Tests.Integration.Durable.Viewer;

/// <summary>The history viewer in Chromium; viewer.mjs makes the checks.</summary>
public class ViewerPageTests(ViewerBrowser browser) : IClassFixture<ViewerBrowser>
{
    [Theory]
    [InlineData("the key leaves the address")]
    [InlineData("instances are listed with their counts")]
    [InlineData("the list is narrowed by status")]
    [InlineData("the list is searched")]
    [InlineData("an instance is opened by the keyboard")]
    [InlineData("the timeline has a bar a try")]
    [InlineData("a lane tells its tries when it is opened")]
    [InlineData("zoom stays when the page refreshes")]
    [InlineData("waits, the next timer and buffered events are told")]
    [InlineData("a failure is shown with its causes")]
    [InlineData("hostile texts are shown as texts")]
    [InlineData("large payloads are opened as a whole")]
    [InlineData("a history of ten thousand events stays at hand")]
    [InlineData("an instance is suspended and resumed")]
    [InlineData("a question can be taken back")]
    [InlineData("an event ends an instance, which is restarted and purged")]
    [InlineData("a failed instance is rewound")]
    [InlineData("a narrow window needs no scrolling to the side")]
    [InlineData("texts stand out in the light and in the dark")]
    [InlineData("nothing is asked of elsewhere and nothing is wrong in the console")]
    public void Shows(string check) => Assert.Equal("ok", browser[check]);
}
