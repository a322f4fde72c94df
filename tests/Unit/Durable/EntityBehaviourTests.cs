using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>The behaviours that entities of Durable Functions were observed to have; each holds with live code and state, and with all read back.</summary>
public class EntityBehaviourTests
{
    private static readonly EntityInstanceId Id = new("Tally", "r");

    public static TheoryData<int> LiveSessions => new() { 0, 1000 };

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E1_SignalsAreAppliedBeforeTheLaterCall(int live)
    {
        var result = await RunAsync(live, async entities =>
        {
            await entities.SignalEntityAsync(Id, "add", 2);
            await entities.SignalEntityAsync(Id, "ADD", 3);
            return await entities.CallEntityAsync<int>(Id, "get");
        });
        Assert.Equal("5", result.SerializedOutput);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E2_AFailureIsThrownAndTakenBack(int live)
    {
        var result = await RunAsync(live, async entities =>
        {
            await entities.CallEntityAsync(Id, "add", 5);
            var failed = await CatchAsync<EntityOperationFailedException>(() => entities.CallEntityAsync(Id, "addAndThrow", 7));
            return new[]
            {
                failed.Message, failed.FailureDetails.ErrorType, failed.EntityId.ToString(), failed.OperationName,
                $"{await entities.CallEntityAsync<int>(Id, "get")}",
            };
        });
        Assert.Equal(
            ["Operation 'addAndThrow' of entity '@tally@r' failed: bad op", "System.InvalidOperationException", "@tally@r", "addAndThrow", "5"],
            result.ReadOutputAs<string[]>()!);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E3_AnUnknownOperation(int live)
    {
        var result = await RunAsync(live, async entities => Describe(
            await CatchAsync<EntityOperationFailedException>(() => entities.CallEntityAsync(new EntityInstanceId("TALLY", "r"), "nope"))));
        Assert.Equal(["System.NotSupportedException", "No suitable method found for entity operation 'tally/nope'."], result.ReadOutputAs<string[]>()!);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E4_AMissingInput(int live)
    {
        var result = await RunAsync(live, async entities => Describe(
            await CatchAsync<EntityOperationFailedException>(() => entities.CallEntityAsync(Id, "add"))));
        var (type, message) = (result.ReadOutputAs<string[]>()![0], result.ReadOutputAs<string[]>()![1]);
        Assert.Equal("System.InvalidOperationException", type);
        Assert.Equal("Error dispatching tally/add to 'Void Add(Int32)'.", message.Split('\n')[0]);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E5_ADeletedEntityIsMadeAnew(int live)
    {
        var result = await RunAsync(live, async entities =>
        {
            await entities.CallEntityAsync(Id, "add", 5);
            await entities.CallEntityAsync(Id, "delete");
            return await entities.CallEntityAsync<int>(Id, "get");
        });
        Assert.Equal("0", result.SerializedOutput);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E6_ACriticalSection(int live)
    {
        var (first, second, other) = (new EntityInstanceId("Tally", "l1"), new EntityInstanceId("Tally", "l2"), new EntityInstanceId("Tally", "other"));
        var result = await RunAsync(live, async entities =>
        {
            var seen = new List<string>();
            await using (await entities.LockEntitiesAsync(first, second))
            {
                seen.Add($"{entities.InCriticalSection()}");
                await entities.CallEntityAsync(first, "add", 1);
                seen.Add("ok");
                seen.Add((await CatchAsync<InvalidOperationException>(() => entities.CallEntityAsync(other, "add", 1))).Message);
                seen.Add((await CatchAsync<InvalidOperationException>(() => entities.SignalEntityAsync(first, "add", 1))).Message);
            }

            seen.Add($"{entities.InCriticalSection()}");
            seen.Add($"{await entities.CallEntityAsync<int>(first, "get")}");
            return seen;
        });
        Assert.Equal(
            [
                "True",
                "ok",
                "Must not call an entity from a critical section if it is not one of the locked entities.",
                "Must not signal a locked entity from a critical section.",
                "False",
                "1",
            ],
            result.ReadOutputAs<string[]>()!);
    }

    [Fact]
    public void E7_TheTextOfAnId() => Assert.Equal("@myname@MyKey", new EntityInstanceId("MyName", "MyKey").ToString());

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task E8_AnEntityWithoutAFunction(int live)
    {
        var nobody = new EntityInstanceId("Nobody", "k");
        var result = await RunAsync(live, async entities =>
        {
            await entities.SignalEntityAsync(nobody, "add", 1);
            return Describe(await CatchAsync<EntityOperationFailedException>(() => entities.CallEntityAsync(nobody, "add", 1)));
        });
        Assert.Equal(["EntityNotFound", "No entity named 'nobody' was found."], result.ReadOutputAs<string[]>()!);
    }

    private static string[] Describe(EntityOperationFailedException failed) => [failed.FailureDetails.ErrorType, failed.FailureDetails.ErrorMessage];

    private static async Task<TException> CatchAsync<TException>(Func<Task> body)
        where TException : Exception
    {
        try
        {
            await body();
        }
        catch (TException exception)
        {
            return exception;
        }

        throw new NotSupportedException($"no {typeof(TException).Name} was thrown");
    }

    private static async Task<OrchestrationMetadata> RunAsync(int live, Func<TaskOrchestrationEntityFeature, Task<object?>> body)
    {
        await using var hub = await TestHub.OpenAsync(
            new InMemoryFunctions().Entity<Tally>("Tally").Orchestrator("Run", context => body(context.Entities)),
            settings => settings with { MaxLiveSessions = live });
        var result = await hub.RunAsync("Run");
        Assert.True(result.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{result.FailureDetails}");
        return result;
    }
}
