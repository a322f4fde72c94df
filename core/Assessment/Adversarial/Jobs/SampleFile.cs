using System.IO.Compression;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>
/// The file of a batch: <c>x_clean</c> and, once attacked, <c>x_adv</c>, both [N,C,H,W] in [0,1]; in format png the attacked images are 8-bit PNG files
/// instead, named after the images.
/// </summary>
internal static class SampleFile
{
    /// <summary>Writes clean images.</summary>
    internal static byte[] Write(float[] clean, ImageShape shape) => NpzFile.Write(("x_clean", Array(clean, shape)));

    /// <summary>Writes clean and attacked images.</summary>
    internal static byte[] Write(float[] clean, float[] attacked, ImageShape shape, IReadOnlyList<SampleTruth> samples, bool png, ImageCodec codec)
    {
        if (!png)
            return NpzFile.Write(("x_clean", Array(clean, shape)), ("x_adv", Array(attacked, shape)));
        using var result = new MemoryStream();
        result.Write(Write(clean, shape));
        using (var zip = new ZipArchive(result, ZipArchiveMode.Update, leaveOpen: true))
        {
            for (var i = 0; i < samples.Count; i++)
            {
                using var stream = zip.CreateUndated(Name(i, samples[i].Id), CompressionLevel.NoCompression).Open();
                stream.Write(codec.EncodePng(Pixels(attacked.AsSpan(i * shape.Size, shape.Size), shape)));
            }
        }

        return result.ToArray();
    }

    /// <summary>Reads clean images, and attacked ones where there are any.</summary>
    /// <exception cref="InvalidDataException">The file is none of these.</exception>
    internal static (float[] Clean, float[]? Attacked, ImageShape Shape) Read(byte[] file, IReadOnlyList<SampleTruth> samples, ImageCodec codec)
    {
        var (clean, shape) = Images(file, "x_clean");
        using var zip = new ZipArchive(new MemoryStream(file, writable: false), ZipArchiveMode.Read);
        if (zip.GetEntry("x_adv.npy") is not null)
            return (clean, Images(file, "x_adv").Values, shape);
        if (samples.Count == 0 || zip.GetEntry(Name(0, samples[0].Id)) is null)
            return (clean, null, shape);
        var attacked = new float[clean.Length];
        for (var i = 0; i < samples.Count; i++)
        {
            var entry = zip.GetEntry(Name(i, samples[i].Id)) ?? throw new InvalidDataException($"the picture of '{samples[i].Id}' is missing");
            using var stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            var image = codec.Decode(content.ToArray());
            if (image.Shape[0] != shape.Height || image.Shape[1] != shape.Width)
                throw new InvalidDataException($"the picture of '{samples[i].Id}' has another size than the clean image");
            for (var c = 0; c < shape.Channels; c++)
            {
                for (var p = 0; p < shape.Plane; p++)
                    attacked[i * shape.Size + c * shape.Plane + p] = image.Data.Span[3 * p + c] / 255f;
            }
        }

        return (clean, attacked, shape);
    }

    private static byte[] Array(float[] images, ImageShape shape) =>
        NpyFile.Write(images, images.Length / shape.Size, shape.Channels, shape.Height, shape.Width);

    private static (float[] Values, ImageShape Shape) Images(byte[] file, string name)
    {
        var (values, shape) = NpzFile.Read(file, name);
        return shape is [_, var c, var h, var w] ? (values, new ImageShape(c, h, w)) : throw new InvalidDataException($"'{name}' is not [N,C,H,W]");
    }

    private static string Name(int index, string id) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"adv/{index:D4}-{id}.png");

    private static Tensor Pixels(ReadOnlySpan<float> image, ImageShape shape)
    {
        var bytes = new byte[3 * shape.Plane];
        for (var p = 0; p < shape.Plane; p++)
        {
            for (var c = 0; c < 3; c++)
                bytes[3 * p + c] = (byte)MathF.Round(image[Math.Min(c, shape.Channels - 1) * shape.Plane + p] * 255);
        }

        return new Tensor("image", TensorDatatype.UInt8, [shape.Height, shape.Width, 3], bytes);
    }
}
