using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Images;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>As many pictures as are wanted, of the few photos beside the repository: crops and mirror images of them.</summary>
internal static class PhotoSet
{
    private static readonly string[] Files =
        ["coco/000000000785", "coco/000000040083", "coco/000000196141", "coco/000000197388", "fastestdet_3", "faces_1", "faces_2"];

    /// <summary>The pictures, UINT8 [H,W,3], RGB; the same whenever they are asked for.</summary>
    /// <param name="data">Folder with photos/.</param>
    /// <param name="count">How many.</param>
    /// <param name="first">Number of the first, so that sets need not overlap.</param>
    public static IEnumerable<Tensor> Pictures(string data, int count, int first = 0)
    {
        using var codec = new ImageCodec();
        var photos = Array.ConvertAll(Files, f => codec.Decode(File.ReadAllBytes(Path.Combine(data, "photos", f + ".jpg"))));
        for (var n = first; n < first + count; n++)
            yield return Cut(photos[n % Files.Length], n / Files.Length, new SampleRandom((ulong)n));
    }

    private static Tensor Cut(Tensor image, int variant, SampleRandom random)
    {
        var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
        var (h, w) = variant < 2 ? (height, width) : ((int)(height * (.6 + .35 * random.NextDouble())), (int)(width * (.6 + .35 * random.NextDouble())));
        var (top, left, mirrored) = (random.Next(height - h + 1), random.Next(width - w + 1), variant % 2 == 1);
        var cut = new byte[3 * h * w];
        for (var y = 0; y < h; y++)
        {
            for (var x = 0; x < w; x++)
                image.Data.Span.Slice(3 * ((top + y) * width + left + (mirrored ? w - 1 - x : x)), 3).CopyTo(cut.AsSpan(3 * (y * w + x)));
        }

        return new Tensor("image", TensorDatatype.UInt8, [h, w, 3], cut);
    }
}
