using System.Text.RegularExpressions;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class TalkativeFunctions(ILogger<TalkativeFunctions> logger)
{
    [Function(nameof(Talk))]
    public IActionResult Talk(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "talk/{word}")] HttpRequest request, string word, FunctionContext context)
    {
        logger.LogInformation("By its logger: {Word}", word);
        context.GetLogger("Talk").LogWarning("By its context: {Word}", word);
        return new OkResult();
    }
}

/// <summary>What a function logs is on the console, and there once.</summary>
public sealed class ConsoleLogTests
{
    [Fact]
    public async Task A_log_call_is_one_record_on_the_console()
    {
        var word = "w" + Guid.NewGuid().ToString("N");
        var written = new StringWriter();
        var console = Console.Out;
        FunctionApp app;

        // The console logger keeps the writer that it finds when the host is built.
        Console.SetOut(TextWriter.Synchronized(written));
        try
        {
            app = await FunctionApp.StartAsync([typeof(TalkativeFunctions)], new Dictionary<string, string> { ["Logging:LogLevel:Default"] = "Information" });
        }
        finally
        {
            Console.SetOut(console);
        }

        await using (app)
            (await app.Client.GetAsync("api/talk/" + word)).EnsureSuccessStatusCode();

        // The host is gone: whatever it had to say is written.
        var text = written.ToString();
        Assert.Single(Regex.Matches(text, "By its logger: " + word));
        Assert.Single(Regex.Matches(text, "By its context: " + word));
    }
}
