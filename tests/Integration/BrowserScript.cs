using System.Diagnostics;

namespace Iml4e.Tests.Integration;

/// <summary>Runs a script that drives Chromium and writes a line for each of its checks: the name, a tab, and "ok" or what was wrong.</summary>
internal static class BrowserScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>What came of each check. The script gets the folder of node_modules, the browser, and the arguments.</summary>
    /// <param name="script">Path below tests/Integration.</param>
    /// <param name="arguments">Further arguments.</param>
    public static async Task<IReadOnlyDictionary<string, string>> RunAsync(string script, params string[] arguments)
    {
        var root = Azurite.RepositoryRoot();
        var browser = Environment.GetEnvironmentVariable("IML4E_CHROMIUM") ?? "/usr/bin/chromium";
        if (!File.Exists(browser))
            throw new InvalidOperationException($"{browser} is not there: './iml4e test' brings it, or IML4E_CHROMIUM names another.");
        if (!Directory.Exists(Path.Combine(root, "node_modules", "playwright-core")))
            throw new InvalidOperationException("node_modules/playwright-core is not there: run 'npm install' first.");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(root, "tests", "Integration", script), Path.Combine(root, "node_modules"), browser, .. arguments])
            start.ArgumentList.Add(argument);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node could not be started.");
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.Split('\t', 2) is [var name, var result])
                    found[name] = result;
            }

            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
                throw new InvalidOperationException("The browser's script ended: " + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        return found;
    }
}
