namespace Iml4e.Tests.Contract.Determinism;

/// <summary>All that orchestrators must not do; a line that is to be found ends with the rules that find it.</summary>
internal static class ForbiddenCode
{
    public const string Source = """
        using System.Collections.Concurrent;
        using System.Collections.Frozen;
        using System.Collections.Immutable;
        using System.Diagnostics;
        using System.Globalization;
        using System.Net;
        using System.Net.Sockets;
        using System.Runtime.CompilerServices;
        using System.Security.Cryptography;
        using System.Threading.Channels;
        using Microsoft.Extensions.Configuration;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Logging;
        using Microsoft.Extensions.Options;

        public static class Clocks
        {
            [Function(nameof(Clocks))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                var a = DateTime.Now; // IML0001
                var b = DateTime.UtcNow.AddDays(1); // IML0001
                var c = DateTime.Today; // IML0001
                var d = DateTimeOffset.Now; // IML0001
                var e = DateTimeOffset.UtcNow; // IML0001
                var f = Environment.TickCount + Environment.TickCount64; // IML0001 IML0001
                var g = Stopwatch.StartNew(); // IML0001
                var h = g.Elapsed; // IML0001
                var i = TimeProvider.System.GetUtcNow(); // IML0001
                var j = Stopwatch.GetTimestamp(); // IML0001
                await context.CallActivityAsync("Log", new { a, b, c, d, e, f, h, i, j }); // IML0025
            }
        }

        public static class Chance
        {
            [Function(nameof(Chance))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                var a = Guid.NewGuid(); // IML0002
                var b = Guid.CreateVersion7(); // IML0002
                Func<Guid> c = Guid.NewGuid; // IML0002
                var d = new Random().Next(); // IML0003
                var e = Random.Shared.NextDouble(); // IML0003
                var f = RandomNumberGenerator.GetInt32(7); // IML0003
                var g = Path.GetRandomFileName(); // IML0003
                var h = "text".GetHashCode(); // IML0018
                var i = HashCode.Combine(1, "text"); // IML0018
                var j = RuntimeHelpers.GetHashCode(context); // IML0018
                await context.CallActivityAsync(nameof(Work.Echo), $"{a}{b}{c()}{d}{e}{f}{g}{h}{i}{j}");
            }
        }

        public static class Waits
        {
            [Function(nameof(Waits))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                await Task.Delay(TimeSpan.FromSeconds(1)); // IML0004
                Thread.Sleep(10); // IML0004
                using var timer = new Timer(_ => { }); // IML0004
                using var periodic = new PeriodicTimer(TimeSpan.FromSeconds(1)); // IML0004
                using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5)); // IML0004
                late.CancelAfter(100); // IML0004
                await context.CallActivityAsync(nameof(Work.Echo), "x").WaitAsync(TimeSpan.FromSeconds(1)); // IML0004
                await late.CancelAsync(); // IML0007
                await Task.Yield(); // IML0007
                using var gate = new SemaphoreSlim(1);
                await gate.WaitAsync(); // IML0007
                var channel = Channel.CreateUnbounded<int>();
                var read = channel.Reader.ReadAsync(); // IML0007
                await foreach (var item in channel.Reader.ReadAllAsync()) // IML0007
                    Console.WriteLine(item); // IML0009
                using var memory = new MemoryStream();
                await memory.WriteAsync(new byte[1]); // IML0007
                await Task.WhenAll(memory.FlushAsync(), context.CreateTimer(TimeSpan.FromSeconds(1), default)); // IML0007
            }
        }

        public static class Threads
        {
            [Function(nameof(Threads))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                await Task.Run(() => context.CallActivityAsync(nameof(Work.Echo), "captured")); // IML0005
                await Task.Factory.StartNew(() => 1); // IML0005
                ThreadPool.QueueUserWorkItem(_ => { }); // IML0005
                new Thread(() => { }).Start(); // IML0005 IML0005
                Parallel.For(0, 3, _ => { }); // IML0005
                await context.CallActivityAsync(nameof(Work.Echo), "x").ContinueWith(_ => { }); // IML0005
                var sum = new[] { 1, 2 }.AsParallel().Sum(); // IML0005 IML0005
                await context.CallActivityAsync(nameof(Work.Echo), "x").ConfigureAwait(false); // IML0006
                await context.CallActivityAsync(nameof(Work.Echo), "x").ConfigureAwait(ConfigureAwaitOptions.None); // IML0006
                Action fire = async () => await context.CallActivityAsync(nameof(Work.Echo), "x"); // IML0014
                fire();
                Forget(context);
                async void Local() => await context.CallActivityAsync(nameof(Work.Echo), "x"); // IML0014
                Local();
            }

            private static async void Forget(TaskOrchestrationContext context) => // IML0014
                await context.CallActivityAsync(nameof(Work.Echo), "x");
        }

        public static class Blocks
        {
            [Function(nameof(Blocks))]
            public static async Task<string> Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                var a = context.CallActivityAsync<string>(nameof(Work.Echo), "x").Result; // IML0008
                context.CallActivityAsync(nameof(Work.Echo), "x").Wait(); // IML0008
                var b = context.CallActivityAsync<string>(nameof(Work.Echo), "x").GetAwaiter().GetResult(); // IML0008
                var pending = context.CallActivityAsync<string>(nameof(Work.Echo), "x");
                var c = pending.Result; // IML0008
                Task.WaitAll(pending); // IML0008
                using var done = new ManualResetEvent(false);
                done.WaitOne(); // IML0008
                using var gate = new SemaphoreSlim(1);
                gate.Wait(); // IML0008
                return a + b + c;
            }
        }

        public static class World
        {
            private static readonly HttpClient Http = new(); // IML0009

            [Function(nameof(World))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                var a = File.ReadAllText("x"); // IML0009
                var b = Directory.GetFiles("."); // IML0009
                var c = new FileInfo("x").Length; // IML0009 IML0009
                using var d = new StreamReader("x"); // IML0009
                using var e = File.OpenRead("x"); // IML0009
                Console.WriteLine(a); // IML0009
                var f = await Http.GetStringAsync("http://localhost"); // IML0009
                using var g = new HttpClient(); // IML0009
                using var h = new TcpClient("localhost", 80); // IML0009
                var i = Dns.GetHostName(); // IML0009
                using var j = Process.Start("ls"); // IML0009
                var k = await new Azure.Storage.Blobs.BlobClient(new Uri("http://localhost/a/b")).ExistsAsync(); // IML0009 IML0009
                var l = Environment.GetEnvironmentVariable("X"); // IML0010
                var m = Environment.MachineName + Environment.ProcessorCount; // IML0010 IML0010
                var n = TimeZoneInfo.Local; // IML0010
                var o = CultureInfo.CurrentCulture; // IML0010
                var p = AppContext.BaseDirectory; // IML0010
                var q = context.CurrentUtcDateTime.ToLocalTime(); // IML0010
                var r = Path.GetTempPath(); // IML0010
            }
        }

        public static class State
        {
            private static readonly Random Dice = new(); // IML0003
            private static readonly string Host = Environment.MachineName; // IML0010
            private static readonly ConcurrentDictionary<string, int> Cache = new();
            private static readonly List<int> Seen = [];
            private static readonly ILogger Log = LoggerFactory.Create(_ => { }).CreateLogger("x"); // IML0013
            private static int counter;

            private static string Mode { get; set; } = "fast";

            [Function(nameof(State))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                counter++; // IML0011
                Mode = "slow"; // IML0011
                if (Mode == Host) // IML0011
                    Seen.Add(Dice.Next()); // IML0011
                Cache["x"] = 1; // IML0011
                Log.LogInformation("again"); // IML0013
                foreach (var (key, value) in new ConcurrentDictionary<string, int>()) // IML0017
                    await context.CallActivityAsync(nameof(Work.Echo), key + value);
                var sums = ImmutableHashSet.Create("a", "b").Select(text => text + "!"); // IML0017
                foreach (var text in FrozenSet.ToFrozenSet(["a", "b"])) // IML0017
                    await context.CallActivityAsync(nameof(Work.Echo), text);
            }
        }

        public sealed class Injected(IConfiguration configuration, ILogger<Injected> logger, IServiceProvider services, IOptions<LimitOptions> options)
        {
            private readonly IConfiguration kept = configuration;
            private int runs;

            [Function(nameof(Injected))]
            public async Task Run([OrchestrationTrigger] TaskOrchestrationContext context, FunctionContext function)
            {
                runs++; // IML0012
                var a = kept["limit"]; // IML0010 IML0012
                var b = configuration["limit"]; // IML0010 IML0012
                logger.LogInformation("again"); // IML0013
                var c = services.GetRequiredService<TimeProvider>(); // IML0012 IML0012
                var d = options.Value.Limit; // IML0010 IML0012
                function.GetLogger("x").LogInformation("again"); // IML0013
                await HelpAsync(context);
            }

            private async Task HelpAsync(TaskOrchestrationContext context) =>
                await context.CallActivityAsync(nameof(Work.Echo), runs.ToString(CultureInfo.InvariantCulture)); // IML0012
        }

        public sealed class LimitOptions
        {
            public int Limit { get; set; }
        }

        public static class Bindings
        {
            [Function(nameof(Bindings))]
            public static async Task Run(
                [OrchestrationTrigger] TaskOrchestrationContext context,
                [DurableClient] DurableTaskClient client, // IML0015
                [BlobInput("in/x")] string blob, // IML0016
                CancellationToken cancellation) // IML0020
            {
                await client.RaiseEventAsync("other", "event", blob); // IML0015
                await client.ScheduleNewOrchestrationInstanceAsync(nameof(Loops)); // IML0015
            }

            [Function("WrongType")]
            public static Task Wrong([OrchestrationTrigger] string context) => Task.CompletedTask; // IML0026

            [Function("WrongClient")]
            public static Task Start([TimerTrigger("0 0 * * * *")] TimerInfo timer, [DurableClient] string client) => Task.CompletedTask; // IML0026
        }

        public static class Loops
        {
            [Function(nameof(Loops))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                if (!context.IsReplaying) // IML0021
                    await context.CallActivityAsync(nameof(Work.Echo), "once");
                if (context.IsReplaying) // IML0021
                    return;
                Work.Echo("in place"); // IML0022
                while (true) // IML0019
                {
                    await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
                    await context.CallActivityAsync(nameof(Work.Echo), "tick");
                }
            }
        }

        public static class Mistakes
        {
            [Function(nameof(Mistakes))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                await context.CallActivityAsync(nameof(Work.Count), "three"); // IML0023
                await context.CallActivityAsync<DateTime>(nameof(Work.Count), 3); // IML0024
                await context.CallActivityAsync<int>(nameof(Work.Nothing)); // IML0024
                await context.CallSubOrchestratorAsync("Nobody"); // IML0025
            }
        }

        public static class Deep
        {
            private static readonly TaskOptions Retry = TaskOptions.FromRetryHandler(retry => retry.LastAttemptNumber < DateTime.Now.Hour); // IML0001

            [Function(nameof(Deep))]
            public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context)
            {
                var helper = new Helper(context.InstanceId);
                await context.CallActivityAsync(nameof(Work.Echo), helper.Stamp + Helper.Shout("x") + helper, Retry);
                await Task.WhenAll(new[] { 1, 2 }.Select(i => context.CallActivityAsync(nameof(Work.Echo), $"{i}{Guid.NewGuid()}"))); // IML0002
                var names = new[] { "a", "b" }.Select(Tag);

                string Tag(string name) => name + Environment.UserName; // IML0010
            }
        }

        public sealed class Helper
        {
            private readonly long made = Stopwatch.GetTimestamp(); // IML0001

            public Helper(string id) => Name = id + Random.Shared.Next(); // IML0003

            public string Name { get; }

            public string Stamp => $"{Name} {DateTime.UtcNow}"; // IML0001

            public static string Shout(string text) => Inner(text).ToUpperInvariant();

            public static string operator +(string text, Helper helper) => text + helper.made + Environment.ProcessId; // IML0010

            private static string Inner(string text) => text + Guid.NewGuid(); // IML0002
        }

        public static class Work
        {
            [Function(nameof(Echo))]
            public static string Echo([ActivityTrigger] string text) => text;

            [Function(nameof(Count))]
            public static int Count([ActivityTrigger] int number) => number;

            [Function(nameof(Nothing))]
            public static void Nothing([ActivityTrigger] TaskActivityContext context)
            {
            }
        }
        """;
}
