using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Channels;
using Iml4e.CommandLine.Demo;
using Iml4e.CommandLine.History;
using Iml4e.CommandLine.Jobs;
using Iml4e.CommandLine.Poses;
using Iml4e.CommandLine.Stack;
using Iml4e.CommandLine.Verification;
using Spectre.Console;

namespace Iml4e.CommandLine;

/// <summary>The verbs and their options.</summary>
internal static class CommandTree
{
    private const int DefaultPort = 7071;

    private static readonly (string Name, Func<Command> Make)[] Commands =
    [
        ("run", Run), ("demo", DemoCommand), ("job", Job), ("history", History), ("verify", Verify), ("fetch-model", FetchModel),
        ("pose-eval", () => PoseCommands.Evaluate(Guarded)), ("pose-sigmas", () => PoseCommands.Sigmas(Guarded)),
        ("anonymise", () => PoseCommands.Anonymise(Guarded)),
    ];

    /// <summary>All commands; only one of them where it is known which is wanted, for a command that answers at once does not wait for the others.</summary>
    /// <param name="verb">The first word of the command line; what is no command's name wants all.</param>
    public static RootCommand Build(string? verb = null)
    {
        var root = new RootCommand("Iml4e.Serverless: machine learning operations on serverless functions.");
        foreach (var (name, make) in Commands)
        {
            if (name != verb)
                continue;
            root.Add(make());
            return root;
        }

        foreach (var (_, make) in Commands)
            root.Add(make());
        return root;
    }

    private static Command Run()
    {
        var port = Port();
        var data = Data(".iml4e");
        var command = new Command("run", "Runs the app on its own data folder until Ctrl-C.") { port, data };
        command.SetAction((parsed, ct) => GuardedAsync(async () =>
        {
            await using var stack = await LocalStack.StartAsync(new LocalStackOptions(parsed.GetValue(data)!, parsed.GetValue(port)), ct);
            Console.Out.WriteLine($"The app and its dashboard: {stack.Url}    logs: {stack.LogFolder}");
            Console.Out.WriteLine("Ctrl-C ends it.");
            while (!stack.HasBroken)
            {
                try
                {
                    await Task.Delay(250, ct);
                }
                catch (OperationCanceledException)
                {
                    Console.Out.WriteLine("Stopping.");
                    return 0;
                }
            }
            throw new StackException(stack.DescribeFailure());
        }));
        return command;
    }

    private static Command DemoCommand()
    {
        var port = Port();
        var data = Data(Path.Combine(".iml4e", "demo"));
        var exit = new Option<bool>("--exit") { Description = "End when the story is told; the exit code says whether it was told in full." };
        var seed = new Option<int>("--seed") { Description = "Seed of the building and the weather.", DefaultValueFactory = _ => 1 };
        var resume = new Option<bool>("--resume") { Description = "Go on with the story in the data folder." };
        var chaos = new Option<int>("--chaos") { Description = "Kill and restart the app so many times during the story.", Hidden = true };
        chaos.Validators.Add(r =>
        {
            if (Number(r) < 0)
                r.AddError("--chaos needs a number of 0 or more.");
        });
        var command = new Command("demo", "Plays the main job on a simulated building.") { port, data, exit, seed, resume, chaos };
        command.SetAction((parsed, ct) => GuardedAsync(() => new DemoRunner(AnsiConsole.Console).RunAsync(
            new DemoOptions(
                parsed.GetValue(data)!, parsed.GetValue(port), parsed.GetValue(exit), parsed.GetValue(seed), parsed.GetValue(resume), parsed.GetValue(chaos)),
            ct)));
        return command;
    }

    private static Command Job()
    {
        var kind = new Argument<string>("kind") { Description = "Kind of job, such as train or evaluate." };
        var with = new Option<FileInfo?>("--with") { Description = "The request, YAML or JSON." };
        var set = new Option<string[]>("--set") { Description = "path=value: changes one value of the request; may be repeated." };
        var output = new Option<DirectoryInfo?>("--out") { Description = "Folder for report.json, report.html and report.pdf." };
        var accept = new Option<string?>("--accept") { Description = "Acceptance expression, such as \"mae <= 1.5\"." };
        var url = Url("A running app; without it a throwaway one is started.");
        var key = Key("Function key of that app; IML4E_KEY when not given.");
        var command = new Command("job", "Runs one job from request to report. Exit code 0 accepted, 3 not accepted, 2 bad request, 1 failed.")
        {
            kind, with, set, output, accept, url, key,
        };
        command.SetAction((parsed, ct) => GuardedAsync(async () =>
        {
            var options = new JobOptions(
                parsed.GetValue(kind)!, parsed.GetValue(with), parsed.GetValue(set) ?? [], parsed.GetValue(output), parsed.GetValue(accept),
                parsed.GetValue(url), parsed.GetValue(key));
            // A wrong request is found before anything is started for it.
            var request = JobRunner.ReadRequest(options);
            if (options.Url is { } running)
            {
                using var api = new ApiClient(running, options.Key);
                return await new JobRunner(api, AnsiConsole.Console).RunAsync(options, request, ct);
            }
            var folder = Directory.CreateTempSubdirectory("iml4e-job-").FullName;
            try
            {
                await using var stack = await LocalStack.StartAsync(new LocalStackOptions(folder, 0), ct);
                using var api = new ApiClient(stack.Url);
                return await new JobRunner(api, AnsiConsole.Console).RunAsync(options, request, ct);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }));
        return command;
    }

    private static Command History()
    {
        var url = Url(FormattableString.Invariant($"A running app; http://127.0.0.1:{DefaultPort} when not given."));
        var key = Key("System key durabletask_extension or master key of that app; IML4E_KEY when not given.");
        var id = new Option<string?>("--id") { Description = "One instance, with its timeline, instead of the list." };
        var status = new Option<string?>("--status") { Description = "Statuses of the list, such as Running,Failed." };
        var search = new Option<string?>("--search") { Description = "A part of the id or of the orchestrator's name." };
        var top = new Option<int>("--top") { Description = "How many instances or lanes at most.", DefaultValueFactory = _ => 50 };
        top.Validators.Add(r =>
        {
            if (Number(r) < 1)
                r.AddError("--top needs a number of 1 or more.");
        });
        var follow = new Option<bool>("--follow") { Description = "Go on showing: an instance until it has finished, the list until Ctrl-C." };
        var json = new Option<bool>("--json") { Description = "What the app answers, as JSON, a line each time." };
        var doctor = new Option<bool>("--doctor") { Description = "What each unfinished instance waits for and since when; exit code 3 when one is stuck." };
        var olderThan = new Option<TimeSpan>("--older-than")
        {
            Description = "How long an instance may stand still before it is stuck, such as 30s, 10m, 2h or 7d.",
            DefaultValueFactory = _ => TimeSpan.FromHours(1),
            CustomParser = result =>
            {
                if (Durations.Parse(result.Tokens[0].Value) is { } age)
                    return age;
                result.AddError($"--older-than {result.Tokens[0].Value}: a time such as 30s, 10m, 2h or 7d is expected.");
                return default;
            },
        };
        var command = new Command("history", "Orchestration instances, their timelines, and what they wait for.")
        {
            url, key, id, status, search, top, follow, json, doctor, olderThan,
        };
        command.SetAction((parsed, ct) => GuardedAsync(async () =>
        {
            var options = new HistoryOptions(
                parsed.GetValue(id), parsed.GetValue(status), parsed.GetValue(search), parsed.GetValue(top), parsed.GetValue(follow), parsed.GetValue(json),
                parsed.GetValue(doctor), parsed.GetValue(olderThan));
            var address = parsed.GetValue(url) ?? new Uri(FormattableString.Invariant($"http://127.0.0.1:{DefaultPort}"));
            using var api = new ApiClient(address, parsed.GetValue(key));
            return await new HistoryRunner(api, AnsiConsole.Console, Console.Out).RunAsync(options, ct);
        }));
        return command;
    }

    private static Command Verify()
    {
        var url = Url(FormattableString.Invariant($"A running app; http://127.0.0.1:{DefaultPort} when not given."));
        var key = Key("Function key of that app; IML4E_KEY when not given.");
        var scope = new Option<string[]>("--scope")
        {
            Description = $"Part of the catalogue: {string.Join(", ", VerifyOptions.AllScopes)}; may be repeated; all when not given.",
        };
        scope.AcceptOnlyFromAmong([.. VerifyOptions.AllScopes]);
        var json = new Option<bool>("--json") { Description = "What was found as one JSON document." };
        var command = new Command(
            "verify", "Checks every digest, reference, order and hash chain of an app's catalogue. Exit code 0 clean, 3 faults, 1 failed.")
        {
            url, key, scope, json,
        };
        command.SetAction((parsed, ct) => GuardedAsync(async () =>
        {
            var wanted = parsed.GetValue(scope) ?? [];
            var options = new VerifyOptions(wanted.Length == 0 ? VerifyOptions.AllScopes : [.. wanted.Distinct()], parsed.GetValue(json));
            using var api =
                new ApiClient(parsed.GetValue(url) ?? new Uri(FormattableString.Invariant($"http://127.0.0.1:{DefaultPort}")), parsed.GetValue(key));
            return await new VerifyRunner(api, AnsiConsole.Console, Console.Out).RunAsync(options, ct);
        }));
        return command;
    }

    private static Command FetchModel()
    {
        var url = Url(FormattableString.Invariant($"The app; http://127.0.0.1:{DefaultPort} when not given."));
        var key = Key("Function key of that app; IML4E_KEY when not given.");
        var model = new Option<string>("--model") { Description = "The model.", Required = true };
        var channel = new Option<string>("--channel") { Description = "stable, candidate, previous, or v and a number.", DefaultValueFactory = _ => "stable" };
        var output = new Option<FileInfo>("--out") { Description = "File to bring up to date.", Required = true };
        var pin = new Option<string[]>("--pin")
        {
            Description = "Key that is trusted: its thumbprint (the kid in /api/.well-known/jwks.json), or a file with it; may be repeated.", Required = true,
        };
        var device = new Option<string?>("--device") { Description = "Identity of this device, which places it in a staged rollout." };
        var command = new Command(
            "fetch-model",
            "Brings a file up to date with a channel of a model. Exit code 0 up to date, 3 refused (signature, digest, sequence), 2 bad request, 1 failed.")
        {
            url, key, model, channel, output, pin, device,
        };
        command.SetAction((parsed, ct) => GuardedAsync(async () =>
        {
            var options = new FetchOptions(
                parsed.GetValue(url) ?? new Uri(FormattableString.Invariant($"http://127.0.0.1:{DefaultPort}")), parsed.GetValue(model)!,
                parsed.GetValue(channel)!,
                parsed.GetValue(output)!, parsed.GetValue(pin) ?? [], parsed.GetValue(device), parsed.GetValue(key));
            var root = options.Url.AbsoluteUri;
            using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) })
            {
                BaseAddress = new Uri(root.EndsWith('/') ? root : root + "/"), Timeout = TimeSpan.FromMinutes(30),
            };
            if (!string.IsNullOrEmpty(options.Key))
                http.DefaultRequestHeaders.Add("x-functions-key", options.Key);
            return await new FetchRunner(http, Console.Out, TimeProvider.System).RunAsync(options, ct);
        }));
        return command;
    }

    private static Option<Uri?> Url(string description) => new("--url")
    {
        Description = description,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                return address;
            result.AddError($"--url {result.Tokens[0].Value}: an http or https address is expected.");
            return null;
        },
    };

    private static Option<string?> Key(string description) =>
        new("--key") { Description = description, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("IML4E_KEY") };

    private static Option<int> Port()
    {
        var port = new Option<int>("--port") { Description = "Port of the app on 127.0.0.1; 0 picks a free one.", DefaultValueFactory = _ => DefaultPort };
        port.Validators.Add(r =>
        {
            if (Number(r) is < 0 or > 65535)
                r.AddError("--port needs a number from 0 to 65535.");
        });
        return port;
    }

    // Text that is no number is reported by the parser itself; asking for the value would throw.
    private static int? Number(OptionResult result) =>
        result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Option<string> Data(string folder) =>
        new("--data") { Description = "Folder that keeps everything.", DefaultValueFactory = _ => Path.Combine(Repository.Root(), folder) };

    private static int Guarded(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (RequestException e)
        {
            Console.Error.WriteLine("Bad request: " + e.Message);
            return ExitCodes.BadRequest;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
    }

    /// <summary>Runs an action and turns what a person can do something about into one message and an exit code.</summary>
    private static async Task<int> GuardedAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (RequestException e)
        {
            Console.Error.WriteLine("Bad request: " + e.Message);
            return ExitCodes.BadRequest;
        }
        catch (RefusedException e)
        {
            Console.Error.WriteLine("Refused: " + e.Message);
            return FetchRunner.Refused;
        }
        catch (ApiException e)
        {
            Console.Error.WriteLine(e.Message);
            return e.IsCallersFault ? ExitCodes.BadRequest : ExitCodes.Failed;
        }
        catch (Exception e) when (e is StackException or StoryException or HttpRequestException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted.");
            return ExitCodes.Failed;
        }
    }
}
