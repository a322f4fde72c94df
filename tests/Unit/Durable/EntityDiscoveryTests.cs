using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Functions of entities are validated when the app starts.</summary>
public class EntityDiscoveryTests
{
    public static class Sound
    {
        [Function("Counter")]
        public static Task Counter([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<Tally>();

        [Function("RunMeter")]
        public static Task Meter([EntityTrigger(EntityName = "Meter-2")] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<Tally>();

        [Function("Activity")]
        public static int Activity([ActivityTrigger(Activity = "Counter")] int value) => value;
    }

    public static class Faulty
    {
        [Function("WrongType")]
        public static Task WrongType([EntityTrigger] string dispatcher) => Task.CompletedTask;

        [Function("AtSign")]
        public static Task AtSign([EntityTrigger(EntityName = "a@b")] TaskEntityDispatcher dispatcher) => Task.CompletedTask;

        [Function("First")]
        public static Task First([EntityTrigger(EntityName = "Twin")] TaskEntityDispatcher dispatcher) => Task.CompletedTask;

        [Function("TWIN")]
        public static Task Second([EntityTrigger] TaskEntityDispatcher dispatcher) => Task.CompletedTask;

        [Function("Activity1")]
        public static int Activity1([ActivityTrigger(Activity = "Same")] int value) => value;

        [Function("Activity2")]
        public static int Activity2([ActivityTrigger(Activity = "same")] int value) => value;
    }

    [Fact]
    public void NamesAreFoundAndOverridden()
    {
        var registry = FunctionRegistry.Discover([typeof(Sound)]);
        Assert.Empty(registry.Errors);
        Assert.Equal(["Counter", "Meter-2"], registry.OfKind(TriggerKind.Entity).Select(function => function.DurableName));
        Assert.True(registry.UsesDurableTask);
        Assert.Equal("entityTrigger", registry.Find("runmeter")!.Definition.InputBindings["dispatcher"].Type);
    }

    [Fact]
    public void EveryErrorIsToldAtOnce() => Assert.Equal(
        [
            "Activity2: the activity 'same' is Iml4e.Tests.Unit.Durable.EntityDiscoveryTests+Faulty.Activity1 already",
            "AtSign: the name of an entity, 'a@b', has 1 to 128 letters, digits, '-' or '_' and begins with a letter",
            "TWIN: the entity 'TWIN' is Iml4e.Tests.Unit.Durable.EntityDiscoveryTests+Faulty.First already",
            "WrongType: the entity trigger marks a parameter of type TaskEntityDispatcher, not String",
        ],
        FunctionRegistry.Discover([typeof(Faulty)]).Errors.Order(StringComparer.Ordinal));
}
