using Iml4e.LocalRuntime.Testing.Scripts;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>Gives scripted answers at once, the clock moving by what they take.</summary>
internal static class FakeAnswer
{
    /// <param name="answer">The answer.</param>
    /// <param name="input">The input of the call.</param>
    /// <param name="timers">The clock.</param>
    /// <param name="fail">Makes the exception that the caller sees, of <see cref="TaskFailureDetails"/> or of the exception that a body threw.</param>
    public static async Task<object?> GiveAsync(ScriptedAnswer answer, ScriptedInput input, FakeTimers timers, Func<object, Exception> fail)
    {
        if (answer.Never)
            await new TaskCompletionSource().Task;
        if (answer.Duration > TimeSpan.Zero)
            timers.AdvanceTo(timers.Now + answer.Duration);
        if (answer.Failure is { } failure)
            throw fail(failure);
        try
        {
            return await answer.RunAsync(input);
        }
        catch (Exception exception)
        {
            throw fail(exception);
        }
    }
}
