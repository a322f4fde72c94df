using System.CommandLine;
using Iml4e.Benchmarks;

var parsed = BenchmarkCommands.Build().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine("Try ./iml4e bench --help.");
    return 2;
}
// The child processes need time to end in order after Ctrl-C.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
