using Iml4e.LocalRuntime.Worker;
using Xunit.Abstractions;

namespace Iml4e.Tests.Contract;

/// <summary>Whatever the local runtime offers under a real name is there in the real packages, with the same signature.</summary>
public sealed class SurfaceTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<Type> Mirrored =
        [.. typeof(FunctionAttribute).Assembly.GetExportedTypes().Where(type => ApiText.RealNamespace(type.Namespace) is not null)];

    public static TheoryData<string> Types() => new(Mirrored.Select(type => type.FullName!));

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_member_is_one_of_the_real_packages(string name)
    {
        var type = typeof(FunctionAttribute).Assembly.GetType(name, throwOnError: true)!;
        var real = ApiText.NameOf(type);
        Assert.True(ApiFacts.Types.TryGetValue(ApiFacts.Key(real), out var facts), $"{real} is not a type of the real packages");
        Assert.Equal(facts.Kind, ApiText.KindOf(type));
        Assert.Equal(facts.Base, ApiText.BaseOf(type));
        var known = facts.Members.ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], ApiText.MembersOf(type).Where(member => !known.Contains(member)).ToArray());
    }

    [Fact]
    public void The_whole_surface_of_the_worker_is_there()
    {
        Assert.True(Mirrored.Count > 50, $"only {Mirrored.Count} types were found");
        foreach (var name in new[]
        {
            "FunctionAttribute", "FunctionContext", "TraceContext", "RetryContext", "BindingContext", "FunctionDefinition", "HttpTriggerAttribute",
            "TimerTriggerAttribute", "BlobTriggerAttribute", "BlobInputAttribute", "BlobOutputAttribute", "OrchestrationTriggerAttribute",
            "ActivityTriggerAttribute", "EntityTriggerAttribute", "DurableClientAttribute", "AuthorizationLevel", "TimerInfo", "ScheduleStatus",
            "BlobTriggerSource", "HttpResultAttribute", "FixedDelayRetryAttribute", "ExponentialBackoffRetryAttribute", "Http.HttpRequestData",
            "Http.HttpResponseData", "Http.HttpHeadersCollection", "Http.HttpCookies", "Http.FromBodyAttribute", "Builder.FunctionsApplication",
            "Builder.FunctionsApplicationBuilder", "Middleware.IFunctionsWorkerMiddleware", "Middleware.FunctionExecutionDelegate",
        })
            Assert.Contains(Mirrored, type => ApiText.NameOf(type) == "Microsoft.Azure.Functions.Worker." + name);
    }

    [Fact]
    public void What_the_real_types_have_beyond_ours_is_listed()
    {
        var ours = Mirrored.ToDictionary(type => ApiFacts.Key(ApiText.NameOf(type)), type => ApiText.MembersOf(type).ToHashSet(StringComparer.Ordinal));
        var missing = ours.SelectMany(pair => ApiFacts.Types.TryGetValue(pair.Key, out var facts)
            ? facts.Members.Where(member => !pair.Value.Contains(member)).Select(member => $"{pair.Key}: {member}")
            : []).ToList();
        foreach (var line in missing)
            output.WriteLine(line);

        // Not a failure: a source that uses one of these does not build here. The list itself must be sound.
        Assert.DoesNotContain(missing, line => line.StartsWith("Microsoft.Azure.Functions.Worker.FunctionAttribute:", StringComparison.Ordinal));
    }
}
