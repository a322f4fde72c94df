using System.CommandLine;
using Iml4e.CommandLine;

var root = CommandTree.Build(args.Length > 0 ? args[0] : null);
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine("Try ./iml4e help.");
    return Iml4e.CommandLine.Jobs.ExitCodes.BadRequest;
}
// The stack needs time to end in order after Ctrl-C.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
