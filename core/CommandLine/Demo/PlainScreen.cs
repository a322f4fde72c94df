using System.Globalization;
using Spectre.Console;

namespace Iml4e.CommandLine.Demo;

/// <summary>Tells the story in lines, one a simulated week and one an event, for logs and pipes.</summary>
internal sealed class PlainScreen(IAnsiConsole console) : IStoryScreen
{
    private const int DaysBetweenLines = 7;
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public void Say(string line)
    {
        lock (_gate)
            console.Profile.Out.Writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public void Tell(StoryEvent told)
    {
        if (!told.IsLook)
            Say(string.Create(CultureInfo.InvariantCulture, $"{StoryBuilding.DateOf(told.Day):yyyy-MM-dd}  {told.Name}  {told.Detail}"));
    }

    /// <inheritdoc/>
    public void Update(StoryState state, StoryVerdict verdict)
    {
        if (state.Day == StoryBuilding.ChangeDay)
            Say("The building is refurbished: better insulation, and a heat pump instead of district heat.");
        if (state.Day % DaysBetweenLines == 0)
            Say(StoryLines.Week(state));
    }
}
