namespace Iml4e.LocalRuntime.Testing.Scripts;

/// <summary>
/// What the calls of one name are answered with: the answers are used in the order in which they are added, each once, the last one for all further calls.
/// <see cref="Times"/> and <see cref="After"/> are about the answer that was added last.
/// </summary>
/// <example><code>
/// harness.OnActivity("Train").Throws(new IOException("disk full")).Times(2).Returns(new Model("v1")).After(TimeSpan.FromMinutes(20));
/// </code></example>
public sealed class CallScript
{
    private readonly List<ScriptedAnswer> answers = [];
    private readonly string what;
    private int current;
    private int used;

    internal CallScript(string what) => this.what = what;

    /// <summary>How many calls it has answered.</summary>
    public int Calls { get; private set; }

    /// <summary>Answers with a value.</summary>
    public CallScript Returns(object? value) => Add(_ => Task.FromResult(value));

    /// <summary>Answers one call after the other with these values, the last one for all further calls.</summary>
    public CallScript ReturnsInTurn<T>(params T[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var value in values)
            Returns(value);
        return this;
    }

    /// <summary>Answers with what a function makes of the input; what it throws is the failure of the call.</summary>
    public CallScript Runs<TInput, TResult>(Func<TInput, TResult> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Add(input => Task.FromResult<object?>(body(input.As<TInput>())));
    }

    /// <summary>Answers with what an asynchronous function makes of the input; it takes no virtual time unless <see cref="After"/> says so.</summary>
    public CallScript RunsAsync<TInput, TResult>(Func<TInput, Task<TResult>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Add(async input => await body(input.As<TInput>()));
    }

    /// <summary>Fails as if the called code had thrown this exception.</summary>
    public CallScript Throws(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Fails(TaskFailureDetails.FromException(exception));
    }

    /// <summary>Fails in the given way.</summary>
    public CallScript Fails(TaskFailureDetails failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return Add(new ScriptedAnswer(null) { Failure = failure });
    }

    /// <summary>Never answers.</summary>
    public CallScript NeverEnds() => Add(new ScriptedAnswer(null) { Never = true });

    /// <summary>How long the call takes, in virtual time.</summary>
    /// <exception cref="InvalidOperationException">There is no answer yet.</exception>
    public CallScript After(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        Last().Duration = duration;
        return this;
    }

    /// <summary>How many calls the answer is for; a script whose last answer has a number refuses any call beyond it.</summary>
    /// <exception cref="InvalidOperationException">There is no answer yet.</exception>
    public CallScript Times(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Last().Times = count;
        return this;
    }

    /// <exception cref="UnscriptedCallException">The answers are used up, or there are none.</exception>
    internal ScriptedAnswer Next()
    {
        if (answers.Count == 0)
            throw new UnscriptedCallException($"The script of {what} has no answer; say Returns, Runs, Throws or NeverEnds.");
        if (used >= (answers[current].Times ?? (current + 1 < answers.Count ? 1 : int.MaxValue)))
        {
            if (current + 1 == answers.Count)
                throw new UnscriptedCallException(FormattableString.Invariant($"The script of {what} has answers for {Calls} calls; there was one more."));
            current++;
            used = 0;
        }

        used++;
        Calls++;
        return answers[current];
    }

    private CallScript Add(Func<ScriptedInput, Task<object?>> body) => Add(new ScriptedAnswer(body));

    private CallScript Add(ScriptedAnswer answer)
    {
        answers.Add(answer);
        return this;
    }

    private ScriptedAnswer Last() =>
        answers.Count > 0 ? answers[^1] : throw new InvalidOperationException($"The script of {what} has no answer yet that this could be about.");
}
