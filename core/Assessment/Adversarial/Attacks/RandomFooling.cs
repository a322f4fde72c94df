using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Looks for any image that reaches the goal, for attacks that come from there.</summary>
internal static class RandomFooling
{
    /// <summary>Tries random images.</summary>
    /// <returns>One that reaches the goal; null if none did.</returns>
    internal static float[]? Find(QueryBoard board, int sample, AttackBatch batch, int tries, ref SampleRandom random)
    {
        var image = new float[batch.Size];
        Span<float> score = stackalloc float[1];
        Span<bool> fooled = stackalloc bool[1];
        var clean = batch.Image(sample);
        for (var n = 0; n < tries; n++)
        {
            for (var j = 0; j < image.Length; j++)
            {
                var value = random.NextFloat(0, 1);
                image[j] = clean[j] + (value - clean[j]) * (batch.Mask?[j] ?? 1);
            }

            if (board.Ask(sample, image, score, fooled) == 0)
                return null;
            if (fooled[0])
                return image;
        }

        return null;
    }
}
