using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;

namespace Iml4e.Tests.Integration;

/// <summary>
/// The Azurite blob emulator as a child process, one for a whole test run: started by the first test that asks, ended with the test process.
/// Tests keep apart by container names (<see cref="UniqueName"/>).
/// </summary>
public sealed class Azurite : IDisposable
{
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static readonly Lazy<Azurite> One = new(() => new Azurite(), LazyThreadSafetyMode.ExecutionAndPublication);
    private readonly Process process;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("azurite-");
    private int disposed;

    /// <summary>Starts an emulator of its own, for a test that stops or restarts it; others use <see cref="Shared"/>.</summary>
    public Azurite()
    {
        var script = Path.Combine(RepositoryRoot(), "node_modules", "azurite", "dist", "src", "blob", "main.js");
        if (!File.Exists(script))
            throw new InvalidOperationException("node_modules/azurite is not there: run 'npm install' first.");
        Port = FreePort();
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = folder.FullName,
        };
        foreach (var argument in new[]
        {
            script, "--blobHost", "127.0.0.1", "--blobPort", $"{Port}", "--location", folder.FullName,
            "--silent", "--skipApiVersionCheck", "--disableTelemetry",
        })
            start.ArgumentList.Add(argument);
        process = Process.Start(start) ?? throw new InvalidOperationException("node could not be started.");
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        var errors = process.StandardError.ReadToEndAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        WaitUntilUp(errors);
    }

    /// <summary>The emulator that all tests share.</summary>
    public static Azurite Shared => One.Value;

    /// <summary>The port of the blob endpoint.</summary>
    public int Port { get; }

    /// <summary>The value for the setting AzureWebJobsStorage.</summary>
    public string ConnectionString
        => $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={Key};BlobEndpoint=http://127.0.0.1:{Port}/devstoreaccount1;";

    /// <summary>A lower-case name that no other test has, fit for a container or a prefix of one.</summary>
    public static string UniqueName(string prefix = "t") => prefix + Guid.NewGuid().ToString("N")[..12];

    /// <summary>A client in the service version that the emulator and the client library both speak.</summary>
    public BlobServiceClient CreateClient() => new(ConnectionString, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03));

    /// <summary>A port that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The folder of the solution file, above the test's output.</summary>
    public static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Iml4e.Serverless.sln")))
                return directory.FullName;
        }

        throw new InvalidOperationException("The tests do not run below the repository.");
    }

    /// <summary>Ends the emulator and removes its folder.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
            return;
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(5000);
        }

        process.Dispose();
        folder.Delete(recursive: true);
    }

    private void WaitUntilUp(Task<string> errors)
    {
        // A busy machine takes long to start it, and whoever finds it missing fails with all that come after.
        var until = Stopwatch.GetTimestamp() + (240 * Stopwatch.Frequency);
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException("Azurite ended: " + errors.GetAwaiter().GetResult());
            try
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (Stopwatch.GetTimestamp() < until)
            {
                Thread.Sleep(50);
            }
        }
    }
}
