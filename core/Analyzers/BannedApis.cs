using System.Collections.Generic;
using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>The members of .NET and of well-known packages that give something else at a replay, as far as a compilation knows them.</summary>
internal sealed class BannedApis
{
    /// <summary>In order: the first that covers a member counts.</summary>
    private static readonly BannedApi[] Table =
    [
        new(Rules.Clock, "System.DateTime", "Now", "UtcNow", "Today"),
        new(Rules.Clock, "System.DateTimeOffset", "Now", "UtcNow"),
        new(Rules.Clock, "System.Environment", "TickCount", "TickCount64"),
        new(Rules.Clock, "System.Diagnostics.Stopwatch"),
        new(Rules.Clock, "System.TimeProvider", "GetUtcNow", "GetLocalNow", "GetTimestamp", "GetElapsedTime"),

        new(Rules.NewGuid, "System.Guid", "NewGuid", "CreateVersion7"),

        new(Rules.Randomness, "System.Random", ".ctor()", "Shared"),
        new(Rules.Randomness, "System.Security.Cryptography.RandomNumberGenerator"),
        new(Rules.Randomness, "System.IO.Path", "GetRandomFileName"),

        new(Rules.Delay, "System.Threading.Tasks.Task", "Delay", "WaitAsync"),
        new(Rules.Delay, "System.Threading.Tasks.TimeProviderTaskExtensions"),
        new(Rules.Delay, "System.Threading.Thread", "Sleep", "SpinWait"),
        new(Rules.Delay, "System.Threading.Timer"),
        new(Rules.Delay, "System.Threading.PeriodicTimer"),
        new(Rules.Delay, "System.Timers.Timer"),
        new(Rules.Delay, "System.TimeProvider", "CreateTimer"),
        new(Rules.Delay, "System.Threading.CancellationTokenSource", "CancelAfter", ".ctor(…)"),

        new(Rules.Thread, "System.Threading.Tasks.Task", ".ctor", "Run", "Start", "RunSynchronously", "ContinueWith"),
        new(Rules.Thread, "System.Threading.Tasks.TaskFactory"),
        new(Rules.Thread, "System.Threading.Tasks.TaskFactory`1"),
        new(Rules.Thread, "System.Threading.Tasks.TaskScheduler"),
        new(Rules.Thread, "System.Threading.Tasks.Parallel"),
        new(Rules.Thread, "System.Threading.ThreadPool"),
        new(Rules.Thread, "System.Threading.Thread"),
        new(Rules.Thread, "System.Threading.SynchronizationContext"),
        new(Rules.Thread, "System.Linq.ParallelEnumerable"),
        new(Rules.Thread, "System.ComponentModel.BackgroundWorker"),

        new(Rules.Blocking, "System.Threading.Tasks.Task", "WaitAll", "WaitAny"),
        new(Rules.Blocking, "System.Threading.WaitHandle", "WaitOne", "WaitAll", "WaitAny", "SignalAndWait"),
        new(Rules.Blocking, "System.Threading.ManualResetEventSlim", "Wait"),
        new(Rules.Blocking, "System.Threading.SemaphoreSlim", "Wait"),
        new(Rules.Blocking, "System.Threading.CountdownEvent", "Wait"),
        new(Rules.Blocking, "System.Threading.Barrier", "SignalAndWait"),
        new(Rules.Blocking, "System.Threading.Monitor", "Wait"),
        new(Rules.Blocking, "System.Threading.SpinWait"),

        new(Rules.InputOutput, "System.Console"),
        new(Rules.InputOutput, "System.IO.File"),
        new(Rules.InputOutput, "System.IO.Directory"),
        new(Rules.InputOutput, "System.IO.FileSystemInfo"),
        new(Rules.InputOutput, "System.IO.FileStream"),
        new(Rules.InputOutput, "System.IO.DriveInfo"),
        new(Rules.InputOutput, "System.IO.FileSystemWatcher"),
        new(Rules.InputOutput, "System.IO.RandomAccess"),
        new(Rules.InputOutput, "System.IO.Path", "GetTempFileName", "Exists"),
        new(Rules.InputOutput, "System.IO.MemoryMappedFiles.MemoryMappedFile"),
        new(Rules.InputOutput, "System.IO.Pipes.PipeStream"),
        new(Rules.InputOutput, "System.Diagnostics.Process"),
        new(Rules.InputOutput, "System.Net.Http.HttpMessageInvoker"),
        new(Rules.InputOutput, "System.Net.Http.IHttpClientFactory"),
        new(Rules.InputOutput, "System.Net.Http.HttpClientFactoryExtensions"),
        new(Rules.InputOutput, "System.Net.Http.Json.HttpClientJsonExtensions"),
        new(Rules.InputOutput, "System.Net.Dns"),
        new(Rules.InputOutput, "System.Net.WebClient"),
        new(Rules.InputOutput, "System.Net.WebRequest"),
        new(Rules.InputOutput, "System.Net.HttpListener"),
        new(Rules.InputOutput, "System.Net.Mail.SmtpClient"),
        new(Rules.InputOutput, "System.Net.NetworkInformation.Ping"),
        new(Rules.InputOutput, "System.Net.NetworkInformation.NetworkInterface"),
        new(Rules.InputOutput, "System.Net.Sockets.Socket"),
        new(Rules.InputOutput, "System.Net.Sockets.TcpClient"),
        new(Rules.InputOutput, "System.Net.Sockets.TcpListener"),
        new(Rules.InputOutput, "System.Net.Sockets.UdpClient"),
        new(Rules.InputOutput, "System.Net.Sockets.NetworkStream"),
        new(Rules.InputOutput, "System.Net.WebSockets.WebSocket"),
        new(Rules.InputOutput, "System.Data.Common.DbConnection"),
        new(Rules.InputOutput, "System.Data.Common.DbCommand"),
        new(Rules.InputOutput, "System.Data.Common.DbDataReader"),
        new(Rules.InputOutput, "System.Data.IDbConnection"),
        new(Rules.InputOutput, "System.Data.IDbCommand"),
        new(Rules.InputOutput, "Microsoft.EntityFrameworkCore.DbContext"),
        new(Rules.InputOutput, "Microsoft.Azure.Cosmos.CosmosClient"),
        new(Rules.InputOutput, "Microsoft.Azure.Cosmos.Container"),
        new(Rules.InputOutput, "Microsoft.Azure.Cosmos.Database"),

        new(Rules.Environment, "System.Environment", EnvironmentMembers),
        new(Rules.Environment, "System.AppContext"),
        new(Rules.Environment, "System.AppDomain"),
        new(Rules.Environment, "System.Runtime.InteropServices.RuntimeInformation"),
        new(Rules.Environment, "System.TimeZoneInfo", "Local"),
        new(Rules.Environment, "System.DateTime", "ToLocalTime"),
        new(Rules.Environment, "System.DateTimeOffset", "ToLocalTime", "LocalDateTime"),
        new(Rules.Environment, "System.Globalization.CultureInfo", "CurrentCulture", "CurrentUICulture"),
        new(Rules.Environment, "System.IO.Path", "GetTempPath"),
        new(Rules.Environment, "Microsoft.Extensions.Configuration.IConfiguration"),
        new(Rules.Environment, "Microsoft.Extensions.Configuration.IConfigurationSection"),
        new(Rules.Environment, "Microsoft.Extensions.Configuration.ConfigurationExtensions"),
        new(Rules.Environment, "Microsoft.Extensions.Configuration.ConfigurationBinder"),
        new(Rules.Environment, "Microsoft.Extensions.Options.IOptions`1"),
        new(Rules.Environment, "Microsoft.Extensions.Options.IOptionsSnapshot`1"),
        new(Rules.Environment, "Microsoft.Extensions.Options.IOptionsMonitor`1"),
        new(Rules.Environment, "Microsoft.Extensions.Hosting.IHostEnvironment"),

        new(Rules.InstanceState, "System.IServiceProvider"),
        new(Rules.InstanceState, "Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions"),

        new(Rules.HashCode, "System.String", "GetHashCode"),
        new(Rules.HashCode, "System.HashCode"),
        new(Rules.HashCode, "System.Runtime.CompilerServices.RuntimeHelpers", "GetHashCode"),
    ];

    private readonly Dictionary<INamedTypeSymbol, List<BannedApi>> byType = new(SymbolEqualityComparer.Default);

    public BannedApis(Compilation compilation)
    {
        foreach (var api in Table)
        {
            foreach (var type in compilation.GetTypesByMetadataName(api.Type))
            {
                if (!byType.TryGetValue(type, out var apis))
                    byType.Add(type, apis = []);
                apis.Add(api);
            }
        }
    }

    /// <summary>All of Environment but what is the same wherever the app runs.</summary>
    private static string[] EnvironmentMembers =>
    [
        "CommandLine", "CpuUsage", "CurrentDirectory", "CurrentManagedThreadId", "ExitCode", "HasShutdownStarted", "Is64BitOperatingSystem", "Is64BitProcess",
        "IsPrivilegedProcess", "MachineName", "OSVersion", "ProcessId", "ProcessPath", "ProcessorCount", "StackTrace", "SystemDirectory", "SystemPageSize",
        "UserDomainName", "UserInteractive", "UserName", "Version", "WorkingSet", "Exit", "ExpandEnvironmentVariables", "FailFast", "GetCommandLineArgs",
        "GetEnvironmentVariable", "GetEnvironmentVariables", "GetFolderPath", "GetLogicalDrives", "SetEnvironmentVariable",
    ];

    /// <summary>What is wrong with using a member; null when nothing is.</summary>
    public DiagnosticDescriptor? Find(ISymbol member)
    {
        if (IsServiceClient(member.ContainingType))
            return Rules.InputOutput;
        for (var type = member.ContainingType?.OriginalDefinition; type is not null; type = type.BaseType?.OriginalDefinition)
        {
            if (!byType.TryGetValue(type, out var apis))
                continue;
            foreach (var api in apis)
            {
                if (api.Covers(member))
                    return api.Rule;
            }
        }

        return null;
    }

    /// <summary>The clients of Azure services, which all end in the same word.</summary>
    private static bool IsServiceClient(INamedTypeSymbol? type) => type is not null
        && type.Name.EndsWith("Client", System.StringComparison.Ordinal)
        && type.ContainingNamespace.ToDisplayString().StartsWith("Azure.", System.StringComparison.Ordinal);
}
