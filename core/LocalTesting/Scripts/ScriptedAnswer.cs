namespace Iml4e.LocalRuntime.Testing.Scripts;

/// <summary>One answer of a script: a body to run, a failure, or none ever.</summary>
internal sealed class ScriptedAnswer(Func<ScriptedInput, Task<object?>>? body)
{
    public TaskFailureDetails? Failure { get; init; }

    public bool Never { get; init; }

    public TimeSpan Duration { get; set; }

    /// <summary>How many calls it is for; null for one, or for all further ones when it is the last.</summary>
    public int? Times { get; set; }

    /// <summary>The value of the answer; what the body throws is thrown.</summary>
    public Task<object?> RunAsync(ScriptedInput input) => body!(input);
}
