using Microsoft.CodeAnalysis;
using Xunit.Abstractions;

namespace Iml4e.Tests.Contract;

/// <summary>The function app compiles against the real packages' surface, with no package of theirs at hand.</summary>
public sealed class AzureFlavourTests(ITestOutputHelper output)
{
    [Fact]
    public void The_function_app_compiles_against_the_real_signatures()
    {
        var sources = Repository.FunctionSources();
        var errors = Compile(sources.Select(file => (file, File.ReadAllText(file))));
        foreach (var error in errors)
            output.WriteLine(error);
        Assert.Empty(errors);
    }

    [Fact]
    public void Every_trigger_kind_of_a_sample_compiles()
        => Assert.Empty(Compile([("Sample.cs", Sample)]));

    [Fact]
    public void The_fakes_for_tests_compile_against_the_real_signatures()
    {
        var folder = Path.Combine(Repository.Root, "core", "LocalTesting");
        var sources = new[] { "Fakes", "Scripts" }.SelectMany(part => Directory.EnumerateFiles(Path.Combine(folder, part), "*.cs")).ToList();
        Assert.NotEmpty(sources);
        var errors = Compile(
            sources.Select(file => (file, File.ReadAllText(file))).Append(("Sample.cs", FakesSample)),
            Path.Combine(folder, "Flavour.azure.props"),
            OutputKind.DynamicallyLinkedLibrary);
        foreach (var error in errors)
            output.WriteLine(error);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("HttpTrigger(AuthorizationLevel.Anonymous, \"get\", Route = \"x\")", "HttpTrigger(AuthorizationLevel.Anonymous, \"get\", Path = \"x\")")]
    [InlineData("CallActivityAsync<string>", "CallActivitiesAsync<string>")]
    [InlineData("timer.IsPastDue", "timer.IsLate")]
    [InlineData("builder.UseMiddleware<Guard>()", "builder.UseMiddlewares<Guard>()")]
    public void A_member_that_the_real_packages_lack_is_caught(string right, string wrong)
    {
        Assert.Contains(right, Sample, StringComparison.Ordinal);
        Assert.NotEmpty(Compile([("Sample.cs", Sample.Replace(right, wrong, StringComparison.Ordinal))]));
    }

    private List<string> Compile(IEnumerable<(string File, string Text)> sources) =>
        Compile(sources, Path.Combine(Repository.Root, "functions", "Flavour.azure.props"), OutputKind.ConsoleApplication);

    private List<string> Compile(IEnumerable<(string File, string Text)> sources, string flavour, OutputKind kind)
    {
        foreach (var line in FlavourCompilation.LeftOut)
            output.WriteLine("left out of the stubs: " + line);

        // CS8795: the other halves of partial methods are made by source generators, which do not run here.
        return [.. FlavourCompilation.Create(sources, flavour, kind).GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != "CS8795")
            .Select(diagnostic => diagnostic.ToString())];
    }

    private const string FakesSample = """
        using Iml4e.LocalRuntime.Testing.Fakes;

        public static class Tests
        {
            public static async Task Orchestrator(Func<TaskOrchestrationContext, Task<string>> orchestrator)
            {
                var context = new FakeTaskOrchestrationContext(5, "Order", "order-5");
                context.OnActivity("Reserve").Throws(new IOException()).Times(2).Runs((int i) => i * 2).After(TimeSpan.FromMinutes(1));
                context.OnEntity("Tally", "Get").Returns(7);
                context.RaiseEvent("paid", 10m);
                var result = await orchestrator(context);
                if (context.ActivityCalls[0].Options?.Retry?.Policy?.MaxNumberOfAttempts != 3)
                    throw new InvalidOperationException(result);
            }

            public static async Task Starter(Func<HttpRequestData, DurableTaskClient, Task<HttpResponseData>> starter)
            {
                var client = new FakeDurableTaskClient();
                var response = (FakeHttpResponseData)await starter(new FakeHttpRequestData("POST").WithJson(new { Id = 5 }), client);
                client.Set(client.Started[0].InstanceId, OrchestrationRuntimeStatus.Completed, response.ReadText());
            }
        }
        """;

    private const string Sample = """
        using Microsoft.AspNetCore.Http;
        using Microsoft.AspNetCore.Mvc;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;
        using Microsoft.Extensions.Logging;

        var builder = FunctionsApplication.CreateBuilder(args).ConfigureFunctionsWebApplication();
        builder.Services.AddSingleton<Store>();
        builder.UseMiddleware<Guard>();
        builder.Build().Run();

        public sealed class Store { }

        public sealed record Done([property: BlobOutput("out/{name}.json")] string Copy, [property: HttpResult] IActionResult Answer);

        public sealed class Guard : IFunctionsWorkerMiddleware
        {
            public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
            {
                context.GetLogger<Guard>().LogInformation("{Name}", context.FunctionDefinition.Name);
                await next(context);
            }
        }

        public sealed class Tally : TaskEntity<int>
        {
            public void Add(int amount) => State += amount;

            [Function("Tally")]
            public static Task Run([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<Tally>();
        }

        public sealed class Functions(Store store)
        {
            [Function("Get")]
            public Done Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "x")] HttpRequest request, [FromBody] Store body)
                => new("", new OkObjectResult(store));

            [Function("Start")]
            public static async Task<HttpResponseData> Start(
                [HttpTrigger] HttpRequestData request, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
            {
                var id = await client.ScheduleNewOrchestrationInstanceAsync("Work", "in", new StartOrchestrationOptions("one"), cancellation);
                return await client.CreateCheckStatusResponseAsync(request, id, cancellation);
            }

            [Function("Work")]
            public static async Task<string> Work([OrchestrationTrigger] TaskOrchestrationContext context, string input)
            {
                var policy = new RetryPolicy(3, TimeSpan.FromSeconds(1)) { HandleFailure = failure => failure.IsCausedBy<IOException>() };
                var options = TaskOptions.FromRetryPolicy(policy);
                var first = await context.CallActivityAsync<string>(nameof(Echo), input, options);
                await using (await context.Entities.LockEntitiesAsync(new EntityInstanceId("Tally", "a")))
                    await context.Entities.CallEntityAsync(new EntityInstanceId("Tally", "a"), "Add", 1);
                await context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
                context.ContinueAsNew(first);
                return await context.WaitForExternalEvent<string>("E", TimeSpan.FromHours(1));
            }

            [Function("Echo")]
            public static string Echo([ActivityTrigger] string input, FunctionContext context) => input;

            [Function("Tick")]
            [FixedDelayRetry(3, "00:00:01")]
            public static void Tick([TimerTrigger("0 0 * * * *", RunOnStartup = true)] TimerInfo timer) => Console.WriteLine(timer.IsPastDue);

            [Function("Blob")]
            [BlobOutput("out/{name}")]
            public static byte[] Blob([BlobTrigger("in/{name}", Source = BlobTriggerSource.EventGrid)] byte[] content, string name) => content;
        }
        """;
}
