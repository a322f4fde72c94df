using System.Text;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.Tests.Unit.Infra;
using Microsoft.Extensions.Configuration;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class HostSettingsTests
{
    [Fact]
    public void Defaults_are_those_of_the_real_host()
    {
        var (settings, durable) = Read("{}");
        Assert.Equal("api", settings.RoutePrefix);
        Assert.Equal(-1, settings.MaxConcurrentRequests);
        Assert.Equal(TimeSpan.FromMinutes(30), settings.FunctionTimeout);
        Assert.Equal(5, settings.BlobTries);
        Assert.Equal("my-app", settings.HostId);
        Assert.Equal("TestHubName", durable.HubName);
        Assert.Equal(10 * Environment.ProcessorCount, durable.MaxConcurrentActivities);
        Assert.Equal(3, durable.MaxActivityCrashes);
        Assert.Equal(VersionMatchStrategy.None, durable.VersionMatch);
        Assert.False(durable.UseGracefulShutdown);
    }

    [Fact]
    public void Everything_that_means_something_here_is_read()
    {
        var (settings, durable) = Read("""
            {
              "version": "2.0", "functionTimeout": "00:10:00",
              "extensions": {
                "http": { "routePrefix": "", "maxOutstandingRequests": 200, "maxConcurrentRequests": 100, "dynamicThrottlesEnabled": true },
                "blobs": { "maxDegreeOfParallelism": 3, "poisonBlobThreshold": 2 },
                "durableTask": {
                  "hubName": "%TASKHUB_NAME%", "defaultVersion": "2.1", "versionMatchStrategy": "currentOrOlder", "versionFailureStrategy": "fail",
                  "storageProvider": { "type": "AzureStorage", "partitionCount": 4, "controlQueueVisibilityTimeout": "00:05:00", "synchronous": false },
                  "maxConcurrentActivityFunctions": 2, "maxConcurrentOrchestratorFunctions": 5, "maxOrchestrationActions": 10, "maxLiveSessions": 0,
                  "extendedSessionsEnabled": false, "storeInputsInOrchestrationHistory": true, "useGracefulShutdown": true,
                  "overridableExistingInstanceStates": "AnyState", "httpSettings": { "defaultAsyncRequestSleepTimeMilliseconds": 30000 },
                  "maxActivityCrashes": 4, "activityCrashQuietTime": "00:01:00", "retention": { "completedDays": 1.5, "failedDays": -1 }
                }
              }
            }
            """);
        Assert.Equal(
            ("", 200, 100, 3, 2),
            (settings.RoutePrefix, settings.MaxOutstandingRequests, settings.MaxConcurrentRequests, settings.BlobParallelism, settings.BlobTries));
        Assert.Equal(TimeSpan.FromMinutes(10), settings.FunctionTimeout);
        Assert.Equal(
            ("MyHub", "2.1", VersionMatchStrategy.CurrentOrOlder, true),
            (durable.HubName, durable.DefaultVersion, durable.VersionMatch, durable.FailOnVersionMismatch));
        Assert.Equal(
            (2, 5, 10, 0, 4),
            (
                durable.MaxConcurrentActivities, durable.MaxConcurrentOrchestrators, durable.MaxOrchestrationActions, durable.MaxLiveSessions,
                durable.MaxActivityCrashes));
        Assert.Equal((false, true, true), (durable.Synchronous, durable.UseGracefulShutdown, durable.OverrideRunningInstances));
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromDays(1.5), null), (durable.CrashQuietTime, durable.CompletedRetention, durable.FailedRetention));
    }

    // Each of these alone is an error that names its path and says what would be right.
    [Theory]
    [InlineData("""{"version": "3.0"}""", "version", "2.0")]
    [InlineData("""{"functionTimeout": "soon"}""", "functionTimeout", "hh:mm:ss")]
    [InlineData("""{"functionTimeout": "5"}""", "functionTimeout", "hh:mm:ss")]
    [InlineData("""{"functionTimeout": "00:00:00"}""", "functionTimeout", "above zero")]
    [InlineData("""{"functionTimeout": {"hours": 1}}""", "functionTimeout", "hh:mm:ss")]
    [InlineData("""{"extensions": {"http": {"maxConcurrentRequests": 0}}}""", "extensions.http.maxConcurrentRequests", "at least 1")]
    [InlineData("""{"extensions": {"http": {"maxOutstandingRequests": 1.5}}}""", "extensions.http.maxOutstandingRequests", "-1 for no bound")]
    [InlineData("""{"extensions": {"blobs": {"poisonBlobThreshold": -1}}}""", "extensions.blobs.poisonBlobThreshold", "at least 1")]
    [InlineData("""{"extensions": {"blobs": {"maxDegreeOfParallelism": 99999999999}}}""", "extensions.blobs.maxDegreeOfParallelism", "whole number")]
    [InlineData("""{"extensions": {"durableTask": {"hubName": "my-hub"}}}""", "extensions.durableTask.hubName", "letters and digits")]
    [InlineData("""{"extensions": {"durableTask": {"hubName": "ab"}}}""", "extensions.durableTask.hubName", "3 to 45")]
    [InlineData("""{"extensions": {"durableTask": {"hubName": "%NOT_SET%"}}}""", "extensions.durableTask.hubName", "NOT_SET")]
    [InlineData("""{"extensions": {"durableTask": {"versionMatchStrategy": "Newest"}}}""", "extensions.durableTask.versionMatchStrategy", "CurrentOrOlder")]
    [InlineData("""{"extensions": {"durableTask": {"versionMatchStrategy": "1"}}}""", "extensions.durableTask.versionMatchStrategy", "Strict")]
    [InlineData("""{"extensions": {"durableTask": {"versionFailureStrategy": "Wait"}}}""", "extensions.durableTask.versionFailureStrategy", "Reject or Fail")]
    [InlineData(
        """{"extensions": {"durableTask": {"overridableExistingInstanceStates": "All"}}}""", "extensions.durableTask.overridableExistingInstanceStates",
        "AnyState")]
    [InlineData(
        """{"extensions": {"durableTask": {"maxConcurrentActivityFunctions": "many"}}}""", "extensions.durableTask.maxConcurrentActivityFunctions",
        "at least 1")]
    [InlineData("""{"extensions": {"durableTask": {"maxActivityCrashes": 1}}}""", "extensions.durableTask.maxActivityCrashes", "at least 2")]
    [InlineData("""{"extensions": {"durableTask": {"activityCrashQuietTime": "-00:00:01"}}}""", "extensions.durableTask.activityCrashQuietTime", "hh:mm:ss")]
    [InlineData("""{"extensions": {"durableTask": {"useGracefulShutdown": "yes"}}}""", "extensions.durableTask.useGracefulShutdown", "true or false")]
    [InlineData(
        """{"extensions": {"durableTask": {"storageProvider": {"synchronous": 1}}}}""", "extensions.durableTask.storageProvider.synchronous", "true or false")]
    [InlineData(
        """{"extensions": {"durableTask": {"retention": {"completedDays": "a week"}}}}""", "extensions.durableTask.retention.completedDays", "number of days")]
    public void What_is_wrong_is_told_with_its_path_and_what_would_be_right(string json, string path, string right)
    {
        var error = Assert.Single(Errors(json));
        Assert.StartsWith(path, error, StringComparison.Ordinal);
        Assert.Contains(right, error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        const string Json = """
            {"version": "1", "functionTimeout": "x", "extensions": {"http": {"maxConcurrentRequests": 0}, "durableTask": {"hubName": "1", "maxActivityCrashes": 0}}}
            """;
        Assert.Equal(5, Errors(Json).Count);
        var reader = new HostJson(Configuration(Json));
        HostSettings.Read(reader, Configuration(Json), "a");
        var message = Assert.Throws<InvalidOperationException>(reader.ThrowIfWrong).Message;
        Assert.All(
            ["host.json: version is '1'", "functionTimeout is 'x'", "extensions.http.maxConcurrentRequests is '0'"],
            error => Assert.Contains(error, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Unknown_names_are_told_with_the_nearest_known_one()
    {
        var unknown = HostJsonNames.FindUnknown(Configuration("""
            {
              "version": "2.0", "functionTimout": "00:01:00", "Logging": {"any": {"thing": 1}}, "extensions": {
                "queues": {"batchSize": 3},
                "http": {"routPrefix": "x"},
                "durableTask": {"hubname": "Hub", "maxConcurrentActivities": 3, "banana": 1, "storageProvider": {"anything": 1}, "retention": {"completed": 1}}
              }
            }
            """)).ToList();
        Assert.Equal(
            [
                "functionTimout is not known and has no effect; did you mean 'functionTimeout'?",
                "extensions.http.routPrefix is not known and has no effect; did you mean 'routePrefix'?",
                "extensions.durableTask.banana is not known and has no effect",
                "extensions.durableTask.maxConcurrentActivities is not known and has no effect; did you mean 'maxConcurrentActivityFunctions'?",
                "extensions.durableTask.retention.completed is not known and has no effect; did you mean 'completedDays'?",
            ],
            unknown);
    }

    [Theory]
    [InlineData("host.json")]
    [InlineData("infra/host.scheduler.json")]
    public void The_products_own_files_are_right_and_hold_no_unknown_name(string file)
    {
        var json = File.ReadAllText(Path.Combine(InfraFolder.Repository, file));
        Assert.Empty(Errors(json));
        Assert.Empty(HostJsonNames.FindUnknown(Configuration(json)));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", true)]
    [InlineData("http://localhost:1", true)]
    [InlineData("http://[::1]:1", true)]
    [InlineData("http://127.9.9.9:1", true)]
    [InlineData("http://0.0.0.0:1", false)]
    [InlineData("http://[::]:1", false)]
    [InlineData("http://*:1", false)]
    [InlineData("http://+:1", false)]
    [InlineData("http://localhost.example.com:1", false)]
    public void Keys_may_be_off_for_loopback_alone(string address, bool allowed)
    {
        Assert.Equal(allowed, new LocalRuntimeOptions { Auth = "off" }.Validate([address]).Count == 0);
        Assert.Empty(new LocalRuntimeOptions().Validate([address]));
    }

    [Fact]
    public void Options_that_make_no_sense_are_told()
    {
        var options = new LocalRuntimeOptions { Auth = "maybe", DataFolder = " ", MaxRequestBodyBytes = 0, BlobPollInterval = TimeSpan.Zero };
        Assert.Equal(5, options.Validate(["ftp://here"]).Count);
    }

    private static (HostSettings Settings, DurableTaskSettings Durable) Read(string json)
    {
        var configuration = Configuration(json);
        var reader = new HostJson(configuration);
        var settings = HostSettings.Read(reader, configuration, "My.App");
        var durable = DurableTaskHostJson.Read(reader, new LocalRuntimeOptions());
        Assert.Empty(reader.Errors);
        return (settings, durable);
    }

    private static IReadOnlyList<string> Errors(string json)
    {
        var configuration = Configuration(json);
        var reader = new HostJson(configuration);
        HostSettings.Read(reader, configuration, "a");
        DurableTaskHostJson.Read(reader, new LocalRuntimeOptions());
        return reader.Errors;
    }

    private static IConfiguration Configuration(string json) => new ConfigurationBuilder()
        .AddInMemoryCollection(LocalConfiguration.ReadHostJson(Encoding.UTF8.GetBytes(json)))
        .AddInMemoryCollection(new Dictionary<string, string?> { ["TASKHUB_NAME"] = "MyHub" })
        .Build();
}
