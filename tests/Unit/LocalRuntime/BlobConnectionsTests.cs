using Iml4e.LocalRuntime.Hosting.Blobs;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Configuration;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class BlobConnectionsTests
{
    private const string Text = "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.windows.net";
    private const string Address = "https://acc.blob.core.windows.net/";

    [Theory]
    [InlineData("AzureWebJobsStorage", Text)]
    [InlineData("ConnectionStrings:AzureWebJobsStorage", Text)]
    [InlineData("AzureWebJobsStorage:blobServiceUri", Address + "?sv=2023-01-03&sig=abc")]
    [InlineData("AzureWebJobsStorage:blobServiceUri", Address)]
    [InlineData("AzureWebJobsStorage:accountName", "acc")]
    public void A_connection_string_or_an_address_makes_a_client(string name, string value)
        => Assert.Equal("acc", Connections((name, value)).Client(null).AccountName);

    [Theory]
    [InlineData(null)]
    [InlineData("11111111-2222-3333-4444-555555555555")]
    public void A_managed_identity_makes_a_client_of_a_named_connection(string? clientId)
    {
        var connections = Connections(("Inbox:blobServiceUri", Address), ("Inbox:credential", "managedidentity"), ("Inbox:clientId", clientId));
        Assert.Equal(new Uri(Address), connections.Client("Inbox").Uri);
    }

    [Fact]
    public void The_prefix_of_the_real_host_may_stand_before_a_named_connection()
        => Assert.Equal(
            "acc", Connections(("AzureWebJobsInbox:blobServiceUri", Address), ("AzureWebJobsInbox:credential", "managedIdentity")).Client("Inbox").AccountName);

    [Fact]
    public void None_is_told()
    {
        var error = Assert.Throws<FunctionBindingException>(() => Connections().Client("Inbox")).Message;
        Assert.Contains("'Inbox'", error, StringComparison.Ordinal);
        Assert.Contains("Inbox__blobServiceUri", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keep one", "Inbox", Text, "Inbox:blobServiceUri", Address)]
    [InlineData("holds a signature", "Inbox:blobServiceUri", Address + "?sig=abc", "Inbox:credential", "managedidentity")]
    [InlineData("https", "Inbox:blobServiceUri", "http://acc.blob.core.windows.net/", "Inbox:credential", "managedidentity")]
    [InlineData("https address", "Inbox:blobServiceUri", "acc", "Inbox:credential", "managedidentity")]
    [InlineData("managedidentity", "Inbox:blobServiceUri", Address, "Inbox:credential", "clientsecret")]
    [InlineData("connection string", "Inbox", "acc", "Other", "")]
    public void What_contradicts_itself_is_told(string told, string first, string firstValue, string second, string secondValue)
        => Assert.Contains(
            told,
            Assert.Throws<FunctionBindingException>(() => Connections((first, firstValue), (second, secondValue)).Client("Inbox")).Message,
            StringComparison.Ordinal);

    private static BlobConnections Connections(params (string Name, string? Value)[] settings)
        => new(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => setting.Value)).Build());
}
