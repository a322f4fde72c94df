using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;
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
    public static IEnumerable<Tensor> Pictures(string data, int count, int first = 0) => Cuts(data, Files, count, first).Select(c => c.Image);

    /// <summary>Pictures with the people in them, as they are annotated: a zip of PNG files with COCO annotations.</summary>
    /// <param name="data">Folder with photos/ and pose/.</param>
    /// <param name="count">How many pictures.</param>
    public static byte[] AnnotatedZip(string data, int count)
    {
        using var stream = File.OpenRead(Path.Combine(data, "pose", "coco4-kp", "gt.json"));
        var truth = CocoGroundTruthReader.Read(stream, new CocoReadOptions { Kind = CocoEvaluationKind.Boxes }).Dataset;
        var photos = truth.Images.Select(i => "coco/" + Path.GetFileNameWithoutExtension(i.FileName)).ToArray();
        var (images, annotations) = (new JsonArray(), new JsonArray());
        var cuts = Cuts(data, photos, count, 0).ToList();
        foreach (var (number, cut) in cuts.Index())
        {
            images.Add(new JsonObject
            {
                ["id"] = number, ["file_name"] = Name(number), ["width"] = cut.Image.Shape[1], ["height"] = cut.Image.Shape[0],
            });
            foreach (var person in truth.Annotations.Where(a => a.ImageId == truth.Images[number % photos.Length].Id))
            {
                if (cut.Place(person.Box) is { } box)
                {
                    annotations.Add(new JsonObject
                    {
                        ["id"] = annotations.Count, ["image_id"] = number, ["category_id"] = 1, ["iscrowd"] = person.IsCrowd ? 1 : 0,
                        ["bbox"] = new JsonArray(box.X, box.Y, box.Width, box.Height), ["area"] = person.Area * box.Area / person.Box.Area,
                    });
                }
            }
        }

        var categories = new JsonArray(new JsonObject { ["id"] = 1, ["name"] = "person" });
        return Zip(cuts.Select(c => c.Image), new JsonObject { ["images"] = images, ["annotations"] = annotations, ["categories"] = categories });
    }

    /// <summary>A zip of PNG files, named after their numbers.</summary>
    public static byte[] Zip(IEnumerable<Tensor> pictures, JsonObject? annotations = null)
    {
        using var codec = new ImageCodec();
        using var result = new MemoryStream();
        using (var zip = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (number, picture) in pictures.Index())
                Add(zip, Name(number), codec.EncodePng(picture));
            if (annotations is not null)
                Add(zip, "annotations.json", JsonSerializer.SerializeToUtf8Bytes(annotations));
        }

        return result.ToArray();

        static void Add(ZipArchive zip, string name, byte[] content)
        {
            using var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
            entry.Write(content);
        }
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"{number:000}.png");

    private static IEnumerable<Cut> Cuts(string data, string[] files, int count, int first)
    {
        using var codec = new ImageCodec();
        var photos = Array.ConvertAll(files, f => codec.Decode(File.ReadAllBytes(Path.Combine(data, "photos", f + ".jpg"))));
        for (var n = first; n < first + count; n++)
            yield return Of(photos[n % files.Length], n / files.Length, new SampleRandom((ulong)n));
    }

    private static Cut Of(Tensor image, int variant, SampleRandom random)
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

        return new Cut(new Tensor("image", TensorDatatype.UInt8, [h, w, 3], cut), top, left, mirrored);
    }

    /// <summary>A part of a photo.</summary>
    private sealed record Cut(Tensor Image, int Top, int Left, bool Mirrored)
    {
        private const double LeastPart = 0.3;

        /// <summary>Where something of the photo is in it; null where less than a third of it is.</summary>
        public BoundingBox? Place(BoundingBox box)
        {
            var (height, width) = ((double)Image.Shape[0], (double)Image.Shape[1]);
            var (left, right) = (Math.Clamp(box.X - Left, 0, width), Math.Clamp(box.X + box.Width - Left, 0, width));
            var (top, bottom) = (Math.Clamp(box.Y - Top, 0, height), Math.Clamp(box.Y + box.Height - Top, 0, height));
            var placed = BoundingBox.FromCorners(Mirrored ? width - right : left, top, Mirrored ? width - left : right, bottom);
            return placed.Area >= LeastPart * box.Area ? placed : null;
        }
    }
}
