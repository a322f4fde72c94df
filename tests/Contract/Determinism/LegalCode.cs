namespace Iml4e.Tests.Contract.Determinism;

/// <summary>What orchestrators may do, and what others may do that orchestrators must not: nothing here is to be found.</summary>
internal static class LegalCode
{
    public const string Source = """
        using System.Collections.Concurrent;
        using System.Collections.Immutable;
        using System.Diagnostics;
        using System.Globalization;
        using System.Net;
        using System.Security.Cryptography;
        using System.Text;
        using System.Text.Json;
        using Microsoft.Extensions.Logging;
        using Microsoft.Extensions.Options;

        public static class Orders
        {
            private const int Parallel = 4;
            private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(
                new RetryPolicy(3, TimeSpan.FromSeconds(2), 2) { HandleFailure = failure => !IsFatal(failure) });
            private static readonly string[] Sizes = ["s", "m", "l"];
            private static readonly ImmutableDictionary<string, int> Prices = ImmutableDictionary<string, int>.Empty.Add("s", 1);
            private static readonly HttpClient UsedByActivities = new();
            private static int usedByActivities;

            [Function(nameof(Orders))]
            public static async Task<Summary> Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                var order = context.GetInput<Order>()!;
                var log = context.CreateReplaySafeLogger(nameof(Orders));
                log.LogInformation("at {Time}", context.CurrentUtcDateTime);
                var other = context.ReplaySafeLoggerFactory.CreateLogger("other");
                var factory = context.ReplaySafeLoggerFactory;
                factory.CreateLogger<Order>().LogDebug("made");
                if (!context.IsReplaying)
                    log.LogInformation("only once");
                var id = context.NewGuid();
                var dice = new Random(id.GetHashCode() ^ order.Id);
                var parts = new string[order.Items.Count];
                var running = new Dictionary<Task<string>, int>();
                for (var next = 0; next < parts.Length || running.Count > 0;)
                {
                    while (next < parts.Length && running.Count < Parallel)
                        running.Add(context.CallActivityAsync<string>(nameof(Steps.Pack), order.Items[next], Retry), next++);
                    var finished = await Task.WhenAny(running.Keys);
                    parts[running[finished]] = await finished;
                    running.Remove(finished);
                }

                var first = context.CallActivityAsync<string>(nameof(Steps.Pack), "a");
                var second = context.CallActivityAsync<string>(nameof(Steps.Pack), "b");
                await Task.WhenAll(first, second).ConfigureAwait(true);
                var both = first.Result + second.Result;
                var all = await Task.WhenAll(order.Items.Select(item => context.CallActivityAsync<string>(nameof(Steps.Pack), item)));
                var stop = context.WaitForExternalEvent<string>("stop");
                if (stop.IsCompletedSuccessfully)
                    both += stop.Result;
                using var cancel = new CancellationTokenSource();
                var timer = context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
                if (await Task.WhenAny(timer, stop) != timer)
                    cancel.Cancel();
                try
                {
                    both += await context.WaitForExternalEvent<string>("paid", TimeSpan.FromDays(1));
                }
                catch (TaskCanceledException)
                {
                    await Task.FromResult(0);
                }

                await context.Entities.CallEntityAsync<int>(new EntityInstanceId("Tally", "a"), "Add", 1);
                await using (await context.Entities.LockEntitiesAsync(new EntityInstanceId("Tally", "a")))
                    await context.Entities.SignalEntityAsync(new EntityInstanceId("Tally", "a"), "Add", 1);
                await context.CallHttpAsync(HttpMethod.Get, new Uri("http://localhost"));
                await context.CallSubOrchestratorAsync<int>(nameof(Eternal), new SubOrchestrationOptions(Retry, "child"));
                await Nested(context, other);
                context.SetCustomStatus(Describe(order, all));
                var tasks = new Queue<Task<string>>([first, second]);
                var oldest = await tasks.Dequeue();
                var known = new[] { first }.First(task => task.IsCompleted);
                var total = Prices["s"] + Prices.Count() + Prices.OrderBy(price => price.Key).First().Value;
                foreach (var number in ImmutableHashSet.Create(3, 1, 2))
                    total += number;
                var seen = new HashSet<string>(order.Items);
                foreach (var item in seen)
                    total += item.Length;
                context.SendEvent("other", "done", oldest + await known + Sizes[0] + Status(HttpStatusCode.OK));
                return new Summary(Digest(both), total + dice.Next(), id);
            }

            [Function(nameof(Eternal))]
            public static async Task Eternal([OrchestrationTrigger] TaskOrchestrationContext context, int count)
            {
                while (true)
                {
                    await context.CreateTimer(context.CurrentUtcDateTime.AddHours(1), CancellationToken.None);
                    if (++count % 24 == 0)
                    {
                        context.ContinueAsNew(count);
                        return;
                    }
                }
            }

            [Function(nameof(Forwarding))]
            public static async Task Forwarding([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                for (; ;)
                {
                    await context.WaitForExternalEvent<int>("go");
                    Next(context);
                }
            }

            private static void Next(TaskOrchestrationContext context) => context.ContinueAsNew();

            private static async Task Nested(TaskOrchestrationContext context, ILogger log)
            {
                log.LogInformation("nested");
                await foreach (var item in Steps(context))
                    log.LogInformation("{Item}", item);

                static async IAsyncEnumerable<int> Steps(TaskOrchestrationContext context)
                {
                    await context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
                    yield return 1;
                }
            }

            private static bool IsFatal(TaskFailureDetails failure) => failure.IsCausedBy<ArgumentException>();

            private static string Describe(Order order, string[] parts) => string.Join(Environment.NewLine, parts) + JsonSerializer.Serialize(order);

            private static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

            private static string Status(HttpStatusCode code) => code.ToString();

            public static async Task<string> NotAnOrchestrator(CancellationToken cancellation)
            {
                usedByActivities++;
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation).ConfigureAwait(false);
                return await UsedByActivities.GetStringAsync("http://localhost", cancellation) + DateTime.UtcNow;
            }
        }

        public sealed class Stateless
        {
            private const int Limit = 3;
            private readonly string prefix = "part-";
            private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
            private static readonly DateTime Epoch = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

            [Function(nameof(Stateless))]
            public async Task<string> Run([OrchestrationTrigger] TaskOrchestrationContext context, FunctionContext function)
            {
                using var buffer = new MemoryStream();
                buffer.Write(Encoding.UTF8.GetBytes(function.FunctionDefinition.Name));
                buffer.Position = 0;
                using var reader = new StreamReader(buffer);
                await context.CreateTimer(Epoch.Add(Pause), CancellationToken.None);
                var source = new TaskCompletionSource<int>();
                source.SetResult(Limit);
                var parts = await Task.WhenAll(Enumerable.Range(0, await source.Task).Select(i => PackAsync(context, i)));
                return string.Concat(parts.Select(part => part.ToUpper(CultureInfo.InvariantCulture))) + reader.ReadToEnd();
            }

            private async ValueTask<string> PackOneAsync(TaskOrchestrationContext context, int number) =>
                await context.CallActivityAsync<string>(nameof(Steps.Pack), prefix + number);

            private Task<string> PackAsync(TaskOrchestrationContext context, int number) => PackOneAsync(context, number).AsTask();
        }

        public sealed class Steps(IOptions<Limits> limits, TimeProvider time, ILogger<Steps> logger)
        {
            private static readonly ConcurrentDictionary<string, int> Packed = new();

            [Function(nameof(Pack))]
            public async Task<string> Pack([ActivityTrigger] string item, CancellationToken cancellation)
            {
                logger.LogInformation("{Item} at {Time}", item, time.GetUtcNow());
                Packed[item] = limits.Value.Count;
                await Task.Run(() => Thread.Sleep(1), cancellation);
                return await File.ReadAllTextAsync(item, cancellation) + Guid.NewGuid() + await Orders.NotAnOrchestrator(cancellation);
            }

            [Function(nameof(Watch))]
            public static async Task Watch([TimerTrigger("0 0 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client) =>
                await client.ScheduleNewOrchestrationInstanceAsync(nameof(Orders), new Order(Random.Shared.Next(), []), CancellationToken.None);
        }

        public sealed record Order(int Id, IReadOnlyList<string> Items);

        public sealed record Summary(string Digest, int Total, Guid Id);

        public sealed class Limits
        {
            public int Count { get; set; }
        }
        """;
}
