namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class AzuriteTests
{
    [Fact]
    public async Task Blobs_written_to_the_shared_emulator_are_read_back()
    {
        var container = Azurite.Shared.CreateClient().GetBlobContainerClient(Azurite.UniqueName());
        await container.CreateAsync();
        await container.GetBlobClient("a/b.txt").UploadAsync(BinaryData.FromString("hello"));
        var read = await container.GetBlobClient("a/b.txt").DownloadContentAsync();
        Assert.Equal("hello", read.Value.Content.ToString());
    }
}
