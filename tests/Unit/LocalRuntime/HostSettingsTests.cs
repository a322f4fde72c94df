using Iml4e.LocalRuntime.Hosting;
using Microsoft.Extensions.Configuration;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class HostSettingsTests
{
    [Fact]
    public void Defaults_are_those_of_the_real_host()
    {
        var settings = HostSettings.Read(new ConfigurationBuilder().Build(), "My.App");
        Assert.Equal("api", settings.RoutePrefix);
        Assert.Equal(-1, settings.MaxConcurrentRequests);
        Assert.Equal(TimeSpan.FromMinutes(30), settings.FunctionTimeout);
        Assert.Equal(5, settings.BlobTries);
        Assert.Equal("my-app", settings.HostId);
    }

    [Fact]
    public void All_errors_are_told()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureFunctionsJobHost:extensions:http:maxConcurrentRequests"] = "0",
            ["AzureFunctionsJobHost:extensions:blobs:poisonBlobThreshold"] = "-1",
            ["AzureFunctionsJobHost:functionTimeout"] = "soon",
            ["AzureFunctionsJobHost:version"] = "3.0",
        }).Build();
        var message = Assert.Throws<InvalidOperationException>(() => HostSettings.Read(configuration, "a")).Message;
        foreach (var name in new[] { "extensions.http.maxConcurrentRequests", "poisonBlobThreshold", "functionTimeout", "version" })
            Assert.Contains(name, message, StringComparison.Ordinal);
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
}
