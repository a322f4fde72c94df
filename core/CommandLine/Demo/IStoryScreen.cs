namespace Iml4e.CommandLine.Demo;

/// <summary>Where the story is told: a live table at a terminal, plain lines elsewhere.</summary>
internal interface IStoryScreen
{
    /// <summary>A sentence of the narrator.</summary>
    void Say(string line);

    /// <summary>An event of the app.</summary>
    void Tell(StoryEvent told);

    /// <summary>A simulated day has passed.</summary>
    void Update(StoryState state, StoryVerdict verdict);
}
