using System.Globalization;
using Iml4e.CrashWorker;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;

if (args is not [var folder, var life, ..])
{
    Console.Error.WriteLine("Iml4e.CrashWorker FOLDER LIFE [QUIET-SECONDS [CRASH-POINT PASSAGE]]");
    return 2;
}

var settings = new DurableTaskSettings { DataFolder = folder, HubName = "Crash" };
if (args.Length > 2)
    settings = settings with { CrashQuietTime = TimeSpan.FromSeconds(double.Parse(args[2], CultureInfo.InvariantCulture)) };
var faults = args is [_, _, _, var point, var passage] ? new KillAtPoint(point, int.Parse(passage, CultureInfo.InvariantCulture)) : null;
using var executions = new ExecutionLog(folder, int.Parse(life, CultureInfo.InvariantCulture));
await using var engine = new OrchestrationEngine(settings, new CrashPrograms(executions), NullLoggerFactory.Instance, TimeProvider.System, null, faults);
await using var client = new LocalDurableTaskClient(engine);
await engine.StartAsync();
await new CommandLoop(client, Console.In, Console.Out).RunAsync();
return 0;
