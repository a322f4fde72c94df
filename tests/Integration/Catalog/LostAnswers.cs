using Azure.Core;
using Azure.Core.Pipeline;

namespace Iml4e.Tests.Integration.Catalog;

/// <summary>Drops, at random, answers of the storage: the request has been carried out, and the client learns nothing.</summary>
internal sealed class LostAnswers(double share, int seed) : HttpPipelinePolicy
{
    private readonly Random random = new(seed);
    private int lost;

    /// <summary>Answers dropped so far.</summary>
    public int Lost => lost;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        Drop(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        Drop(message);
    }

    private void Drop(HttpMessage message)
    {
        lock (random)
        {
            if (random.NextDouble() >= share)
                return;
            lost++;
        }

        if (message.HasResponse)
            message.Response.Dispose();
        throw new IOException("the answer was lost");
    }
}
