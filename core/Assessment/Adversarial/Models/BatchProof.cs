using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Proves that a model whose shapes were rewritten for several rows gives each row what it gives it alone.</summary>
internal static class BatchProof
{
    private const float Tolerance = 1e-3f;

    /// <summary>Compares the first and the last of random rows.</summary>
    /// <param name="many">Loads the model of several rows.</param>
    /// <param name="single">Loads the model of one row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="shape">Shape of an image.</param>
    internal static bool Holds(Func<ModelSession> many, Func<ModelSession> single, int rows, ImageShape shape)
    {
        try
        {
            using var all = many();
            using var one = single();
            var images = new float[rows * shape.Size];
            var random = new SampleRandom(1);
            for (var i = 0; i < images.Length; i++)
                images[i] = random.NextFloat(0, 1);
            var together = Run(all, images, rows, shape);
            foreach (var row in new[] { 0, rows - 1 })
            {
                var alone = Run(one, images[(row * shape.Size)..((row + 1) * shape.Size)], 1, shape);
                if (!together.Zip(alone).All(p => IsRow(p.First, p.Second, row, rows)))
                    return false;
            }

            return true;
        }
        catch (Exception e) when (e is InferenceFailedException or InvalidModelException)
        {
            return false;
        }
    }

    private static IReadOnlyList<float[]> Run(ModelSession session, float[] images, int rows, ImageShape shape) =>
        [.. session.Run([Tensor.FromFloats(PreprocessingGraph.Input, images, rows, shape.Channels, shape.Height, shape.Width)])
            .Select(t => t.Span<float>().ToArray())];

    private static bool IsRow(float[] together, float[] alone, int row, int rows)
    {
        if (together.Length != alone.Length * rows)
            return false;
        var largest = alone.Max(Math.Abs) + 1e-6f;
        for (var i = 0; i < alone.Length; i++)
        {
            if (!(Math.Abs(together[row * alone.Length + i] - alone[i]) <= Tolerance * largest))
                return false;
        }

        return true;
    }
}
