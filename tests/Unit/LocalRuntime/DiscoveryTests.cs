using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Timers;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class DiscoveryTests
{
    [Fact]
    public void Every_error_is_told_at_once()
    {
        var registry = FunctionRegistry.Discover([typeof(Faulty), typeof(Generic<>), typeof(Abstract)]);
        var exception = Assert.Throws<FunctionDiscoveryException>(() => registry.Bind(Binders()));
        foreach (var expected in new[]
        {
            "NoTrigger: a function has exactly one trigger; this one has 0",
            "TwoTriggers: a function has exactly one trigger; this one has 2",
            "AsyncVoid: async void",
            "1bad: a function's name",
            "SAME: the name is taken by",
            "NotPublic: the method must be public",
            "ByRef: parameter 'value' is passed by reference",
            "InGeneric: neither the method nor its class can be generic",
            "InAbstract: the class of an instance method cannot be abstract",
            "Orchestrator: the orchestration trigger marks a parameter of type TaskOrchestrationContext, not String",
            "Unknown: parameter 'stranger' of type Version cannot be bound",
            "NotInRoute: parameter 'id' is not in the route 'not-in-route'",
            "BadRoute: the route is not valid",
            "BadSchedule: the schedule 'every day' has 2 fields",
            "NoSetting: the setting 'Nightly' in '%Nightly%' is not set",
            "NotTimerInfo: the timer trigger marks a parameter of type TimerInfo, not String",
            "BadRetry: the retry interval 'soon' is not hh:mm:ss",
        })
            Assert.Contains(exception.Errors, error => error.StartsWith(expected, StringComparison.Ordinal));
        Assert.Equal(17, exception.Errors.Count);
        Assert.All(exception.Errors, error => Assert.Contains(error, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_right_is_found_by_name_whatever_the_case()
    {
        var registry = FunctionRegistry.Discover([typeof(Sound)]);
        registry.Bind(Binders(("Nightly", "0 0 2 * * *")));
        Assert.Equal(["Http", "Timer"], registry.Functions.Select(function => function.Name));
        Assert.Equal(TriggerKind.Timer, registry.Find("tImEr")!.Kind);
        Assert.Null(registry.Find("nope"));
        var definition = registry.Find("Http")!.Definition;
        Assert.Equal(typeof(Sound).FullName + ".Http", definition.EntryPoint);
        Assert.Equal(["request", "id"], definition.Parameters.Select(parameter => parameter.Name));
        Assert.Equal("httpTrigger", definition.InputBindings["request"].Type);
        Assert.Equal("http", definition.OutputBindings["$return"].Type);
        Assert.Equal(definition.Id, FunctionRegistry.Discover([typeof(Sound)]).Find("Http")!.Definition.Id);
    }

    private static IParameterBinder[] Binders(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
        return [new ContextParameterBinder(), new HttpParameterBinder(true), new TimerParameterBinder(configuration, TimeProvider.System)];
    }

    public sealed class Sound
    {
        [Function("Http")]
        public static string Http([HttpTrigger(Route = "http/{id}")] HttpRequest request, int id) => $"{id}";

        [Function("Timer")]
        public static void Timer([TimerTrigger("%Nightly%")] TimerInfo timer, FunctionContext context, CancellationToken cancellation)
        {
        }

        public static void NotAFunction()
        {
        }
    }

    public abstract class Abstract
    {
        [Function("InAbstract")]
        public string InAbstract([HttpTrigger] HttpRequest request) => "";
    }

    public sealed class Generic<T>
    {
        [Function("InGeneric")]
        public string InGeneric([HttpTrigger] HttpRequest request) => typeof(T).Name;
    }

    public sealed class Faulty
    {
        [Function("NoTrigger")]
        public static void NoTrigger(HttpRequest request)
        {
        }

        [Function("TwoTriggers")]
        public static void TwoTriggers([HttpTrigger] HttpRequest request, [TimerTrigger("0 0 * * * *")] TimerInfo timer)
        {
        }

        [Function("AsyncVoid")]
        public static async void AsyncVoid([HttpTrigger] HttpRequest request) => await Task.Yield();

        [Function("1bad")]
        public static void BadName([HttpTrigger] HttpRequest request)
        {
        }

        [Function("Same")]
        public static void Same([HttpTrigger] HttpRequest request)
        {
        }

        [Function("SAME")]
        public static void SameAgain([HttpTrigger] HttpRequest request)
        {
        }

        [Function("NotPublic")]
        internal static void NotPublic([HttpTrigger] HttpRequest request)
        {
        }

        [Function("ByRef")]
        public static void ByRef([HttpTrigger] HttpRequest request, ref int value) => value++;

        [Function("Orchestrator")]
        public static void Orchestrator([OrchestrationTrigger] string context)
        {
        }

        [Function("Unknown")]
        public static void Unknown([HttpTrigger] HttpRequestData request, Version stranger)
        {
        }

        [Function("NotInRoute")]
        public static void NotInRoute([HttpTrigger(Route = "not-in-route")] HttpRequest request, int id)
        {
        }

        [Function("BadRoute")]
        public static void BadRoute([HttpTrigger(Route = "{id")] HttpRequest request, int id)
        {
        }

        [Function("BadSchedule")]
        public static void BadSchedule([TimerTrigger("every day")] TimerInfo timer)
        {
        }

        [Function("NoSetting")]
        public static void NoSetting([TimerTrigger("%Nightly%")] TimerInfo timer)
        {
        }

        [Function("NotTimerInfo")]
        public static void NotTimerInfo([TimerTrigger("0 0 * * * *")] string timer)
        {
        }

        [Function("BadRetry")]
        [FixedDelayRetry(3, "soon")]
        public static void BadRetry([TimerTrigger("0 0 * * * *")] TimerInfo timer)
        {
        }
    }
}
