using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Testing.Scripts;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>Answers calls from their scripts, with payloads as the engine has them.</summary>
internal sealed class ScriptRunner(OrchestrationHarness harness, OrchestrationServices services)
{
    /// <summary>A payload as the input of a script.</summary>
    public ScriptedInput Input(string? json) => new(type => services.Converter.Deserialize(json, type));

    /// <summary>Takes the next answer of a script: when it comes, and what it is; null when it never comes.</summary>
    /// <exception cref="UnscriptedCallException">The script has no answer, or its body does not end in real time.</exception>
    public async Task<(DateTimeOffset Due, string? Json, TaskFailureDetails? Failure)?> RunAsync(CallScript script, ScriptedInput input, string what)
    {
        var answer = script.Next();
        if (answer.Never)
            return null;
        var due = harness.Time.GetUtcNow() + answer.Duration;
        if (answer.Failure is { } scripted)
            return (due, null, scripted);
        try
        {
            var body = answer.RunAsync(input);
            await WaitForAsync(body, what);
            var json = services.Converter.Serialize(await body) ?? "null";
            return services.Payloads.Refuse(json, what) is { } refusal
                ? (due, null, new TaskFailureDetails(FailureTypes.PayloadTooLarge, refusal, null, null, null))
                : (due, json, null);
        }
        catch (Exception exception) when (exception is not UnscriptedCallException)
        {
            return (due, null, TaskFailureDetails.FromException(exception));
        }
    }

    private async Task WaitForAsync(Task body, string what)
    {
        if (body.IsCompleted)
            return;
        using var ended = new CancellationTokenSource();
        if (await Task.WhenAny(body, Task.Delay(harness.Patience, TimeProvider.System, ended.Token)) != body)
        {
            throw new UnscriptedCallException(
                $"The {what} has not come within {harness.Patience} of real time. The body of a script takes no virtual time: say After for that.");
        }

        await ended.CancelAsync();
    }
}
