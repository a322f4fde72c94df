using Iml4e.Functions.Retraining.External;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Testing;
using static Iml4e.Tests.Unit.Functions.ProductScripts;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>The orchestration of an external training against scripted activities, in virtual time.</summary>
public sealed class ExternalTrainOrchestratorTests
{
    [Fact]
    public async Task A_delivery_wakes_it_at_once()
    {
        var harness = ExternalTraining(attempt => new ExternalStanding(TrainingState.Delivered, attempt.At, null));
        harness.RaiseEvent(ExternalTrainOrchestrator.EventOf(1), true, TimeSpan.FromMinutes(2));
        var result = await harness.RunAsync(ExternalTrainOrchestrator.Run, External());
        Assert.Equal("model", result.Output.ReportDigest);
        Assert.Equal(TimeSpan.FromMinutes(2), result.EndedAt - result.StartedAt);
        Assert.Single(result.CallsTo("CallTrainer"));
    }

    [Fact]
    public async Task A_silent_trainer_gets_three_attempts_with_pauses_of_30_and_60_seconds()
    {
        var harness = ExternalTraining(attempt => new ExternalStanding(TrainingState.Waiting, attempt.Start.CalledAt!.Value, null));
        var result = await harness.RunAsync(ExternalTrainOrchestrator.Run, External());
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.Equal([1, 2, 3], result.CallsTo("CallTrainer").Select(c => c.ReadInputAs<ExternalAttempt>()!.Start.Attempt));
        Assert.Equal(TimeSpan.FromMinutes(3 * 5) + TimeSpan.FromSeconds(30 + 60), result.EndedAt - result.StartedAt);
        Assert.Contains("no sign of life", result.CallsTo("EndAttempt")[^1].ReadInputAs<ExternalAttempt>()!.Failure, StringComparison.Ordinal);
        Assert.Empty(result.CallsTo("TakeModel"));
    }

    [Fact]
    public async Task Signs_of_life_are_waited_on_until_the_time_is_up_however_long_the_history_grows()
    {
        var harness = ExternalTraining(attempt => new ExternalStanding(TrainingState.Waiting, attempt.At, null));
        var result = await harness.RunAsync(ExternalTrainOrchestrator.Run, External());
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.Equal(TimeSpan.FromHours(3 * 6) + TimeSpan.FromSeconds(30 + 60), result.EndedAt - result.StartedAt);
        Assert.All(result.CallsTo("EndAttempt"), c => Assert.Contains("no model within", c.ReadInputAs<ExternalAttempt>()!.Failure, StringComparison.Ordinal));
        Assert.Equal(3, result.CallsTo("CallTrainer").Count);
        Assert.NotEmpty(result.EarlierExecutions);
    }

    [Fact]
    public async Task A_failure_that_the_trainer_tells_leads_to_the_next_attempt()
    {
        var harness = ExternalTraining(attempt => attempt.Start.Attempt == 1
            ? new ExternalStanding(TrainingState.Failed, attempt.At, "it says: no memory")
            : new ExternalStanding(TrainingState.Delivered, attempt.At, null));
        harness.RaiseEvent(ExternalTrainOrchestrator.EventOf(1), true, TimeSpan.FromMinutes(1));
        var result = await harness.RunAsync(ExternalTrainOrchestrator.Run, External());
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.Status);
        Assert.Equal(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(30) + TimeSpan.FromMinutes(5), result.EndedAt - result.StartedAt);
    }
}
