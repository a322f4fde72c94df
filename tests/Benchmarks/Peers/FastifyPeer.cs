using System.Diagnostics;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Peers;

/// <summary>The same model behind Fastify and onnxruntime-node, in a process of its own.</summary>
internal static class FastifyPeer
{
    private static string Sources => Path.Combine(Repository.Root(), "tests", "Benchmarks", "Peers");

    private static string Packages => Path.Combine(Repository.Root(), ".iml4e", "peers");

    /// <summary>Brings its npm packages when they are not there; the runtime's install script, which looks for CUDA, is not run: the package holds the CPU's binary.</summary>
    /// <returns>What is missing, in words; null when all is there.</returns>
    public static async Task<string?> InstallAsync(CancellationToken ct)
    {
        if (File.Exists(Path.Combine(Packages, "node_modules", "onnxruntime-node", "package.json")) && File.Exists(Path.Combine(Packages, "node_modules", "fastify", "package.json")))
            return null;
        Directory.CreateDirectory(Packages);
        File.Copy(Path.Combine(Sources, "package.json"), Path.Combine(Packages, "package.json"), overwrite: true);
        var start = new ProcessStartInfo("npm", ["install", "--ignore-scripts", "--no-fund", "--no-audit", "--no-progress"])
        {
            WorkingDirectory = Packages, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            using var npm = Process.Start(start)!;
            var output = npm.StandardOutput.ReadToEndAsync(ct);
            var errors = await npm.StandardError.ReadToEndAsync(ct);
            await output;
            await npm.WaitForExitAsync(ct);
            return npm.ExitCode == 0 ? null : "npm install failed: " + errors.Trim().Split('\n')[^1];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "npm is missing";
        }
    }

    /// <summary>Starts it as a child process.</summary>
    /// <param name="folder">Where its files go.</param>
    /// <param name="port">TCP port on 127.0.0.1.</param>
    /// <param name="onnx">The model.</param>
    /// <param name="path">Address of its predictions.</param>
    public static ChildProcess Start(string folder, int port, byte[] onnx, string path)
    {
        var model = Path.Combine(folder, "peer.onnx");
        File.WriteAllBytes(model, onnx);
        string[] command = ["node", Path.Combine(Sources, "fastify-server.mjs"), Packages, model, FormattableString.Invariant($"{port}"), "/" + path];
        return ChildProcess.Start("Fastify", Path.Combine(folder, "fastify.log"), command, new Dictionary<string, string> { ["NODE_ENV"] = "production" }, folder);
    }
}
