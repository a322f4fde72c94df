using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Pose.Anonymisation;
using Iml4e.Inference;
using Iml4e.Inference.Images;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Pose;

public sealed class FaceAnonymizerTests
{
    private const int Height = 60;
    private const int Width = 80;

    [Theory]
    [InlineData(AnonymisationMethod.Pixelate)]
    [InlineData(AnonymisationMethod.Blur)]
    public void Only_what_was_found_is_changed_and_nothing_fine_is_left_of_it(AnonymisationMethod method)
    {
        // A detector that sees one face, at 20..40 by 10..30.
        using var detector = Load(Box(20, 10, 40, 30, .9f));
        var image = Stripes();
        var (result, faces) = new FaceAnonymizer(detector, new Preprocessing(), new FaceAnonymizerOptions { Method = method, Margin = 0 }).Apply(image);
        Assert.Equal(1, faces);
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var value = result.Data.Span[3 * ((y * Width) + x)];
                if (x is >= 20 and < 40 && y is >= 10 and < 30)
                    Assert.InRange(value, 50, 205);
                else
                    Assert.Equal(image.Data.Span[3 * ((y * Width) + x)], value);
            }
        }
    }

    [Fact]
    public void A_photo_that_lies_on_its_side_is_looked_at_upright_and_stays_as_it_is_stored()
    {
        using var detector = Load(Box(20, 10, 40, 30, .9f));
        using var codec = new ImageCodec();
        var lying = new Tensor("image", TensorDatatype.UInt8, [Width, Height, 3], Stripes().Data);
        var file = codec.EncodeJpeg(lying);
        // Little-endian EXIF with one entry: the orientation, a short, 6: the camera was turned to the left.
        byte[] exif = [0xff, 0xe1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];
        byte[] noted = [.. file[..2], .. exif, .. file[2..]];
        Assert.Equal(ImageTurn.None, ImageTurn.Of(file));
        Assert.Equal(new ImageTurn(6), ImageTurn.Of(noted));
        for (var length = 0; length < exif.Length; length++)
            Assert.True(ImageTurn.Of(noted.AsSpan(0, length + 2)).IsNone);
        var (result, faces) = new FaceAnonymizer(detector, new Preprocessing(), new FaceAnonymizerOptions { Margin = 0 }).Apply(lying, ImageTurn.Of(noted));
        Assert.Equal(2, faces);
        Assert.Equal([Width, Height, 3], result.Shape);
        for (var y = 40; y < 60; y++)
        {
            for (var x = 10; x < 30; x++)
                Assert.InRange(result.Data.Span[3 * ((y * Height) + x)], 50, 205);
        }
    }

    [Theory]
    [InlineData(1, "abcdef", 3)]
    [InlineData(2, "cbafed", 3)]
    [InlineData(3, "fedcba", 3)]
    [InlineData(4, "defabc", 3)]
    [InlineData(5, "adbecf", 2)]
    [InlineData(6, "daebfc", 2)]
    [InlineData(7, "fcebda", 2)]
    [InlineData(8, "cfbead", 2)]
    public void Turns_are_those_of_EXIF(int note, string upright, int width)
    {
        // abc over def.
        var image = new Tensor("image", TensorDatatype.UInt8, [2, 3, 3], "abcdef"u8.ToArray().SelectMany(b => new[] { b, b, b }).ToArray());
        var turned = new ImageTurn(note).Upright(image);
        Assert.Equal([6 / width, width, 3], turned.Shape);
        Assert.Equal(upright, string.Concat(turned.Data.ToArray().Chunk(3).Select(p => (char)p[0])));
    }

    [Fact]
    public void What_is_not_sure_enough_stays()
    {
        using var detector = Load(Box(20, 10, 40, 30, .3f));
        var image = Stripes();
        var (result, faces) = new FaceAnonymizer(detector, new Preprocessing(), new FaceAnonymizerOptions()).Apply(image);
        Assert.Equal(0, faces);
        Assert.True(image.Data.Span.SequenceEqual(result.Data.Span));
    }

    [SharedDataTheory]
    [InlineData("version-RFB-320.onnx", "ultraface")]
    [InlineData("yunet_n_320_320.onnx", "yunet")]
    public void Real_faces_are_found_and_changed(string model, string family)
    {
        var preprocessing = FaceAnonymizerOptions.PreprocessingOf(family);
        using var detector = Detector.Load(SharedData.Read("models", model), new DetectorOptions { Family = family, Preprocessing = preprocessing, Rows = 1 });
        using var codec = new ImageCodec();
        var anonymizer = new FaceAnonymizer(detector, preprocessing, new FaceAnonymizerOptions());
        foreach (var (name, least) in new[] { ("faces_1.jpg", 20), ("faces_2.jpg", 1) })
        {
            var image = codec.Decode(SharedData.Read("photos", name));
            var (without, faces) = anonymizer.Apply(image);
            Assert.True(faces >= least, $"{name}: {faces}");
            var before = image.Data.Span;
            var after = without.Data.Span;
            var changed = 0;
            for (var i = 0; i < before.Length; i++)
                changed += Math.Abs(before[i] - after[i]) > 4 ? 1 : 0;
            Assert.InRange(changed / (double)before.Length, 0.005, 0.6);
        }
    }

    [Fact]
    public void An_archive_keeps_names_and_annotations_and_leaves_out_what_cannot_be_read()
    {
        using var detector = Load(Box(20, 10, 40, 30, .9f));
        using var codec = new ImageCodec();
        var png = codec.EncodePng(Stripes());
        using var source = new MemoryStream(Zips.Of(("in/a.png", png), ("b.png", png[..100]), ("labels.csv", "file,label\na.png,1\n"u8.ToArray())));
        using var archive = ImageArchive.Open(source, leaveOpen: true);
        using var target = new MemoryStream();
        var anonymizer = new FaceAnonymizer(detector, new Preprocessing(), new FaceAnonymizerOptions());
        var (images, faces, left) = AnonymisedArchive.Write(archive, anonymizer, codec, target);
        Assert.Equal((1, 1, "b"), (images, faces, Assert.Single(left)));
        target.Position = 0;
        using var result = ImageArchive.Open(target);
        Assert.Equal(["a"], result.Ids);
        Assert.Equal(1, result.Read("a", codec).Label);
        Assert.False(codec.Decode(result.File("a")).Data.Span.SequenceEqual(Stripes().Data.Span));
    }

    private static Detector Load(byte[] onnx) => Detector.Load(onnx, new DetectorOptions { Family = "yolov10", Rows = 1 });

    // One box whatever the image shows: x1, y1, x2, y2, score, class.
    private static byte[] Box(float x1, float y1, float x2, float y2, float score)
    {
        var g = new GraphBuilder();
        var image = g.Input("image", TensorDatatype.FP32, 1, 3, Height, Width);
        var nothing = g.Node("Mul", [g.Node("ReduceMean", [image], [Attr.Ints("axes", 1, 2, 3), Attr.Int("keepdims", 0)]), g.Scalar("zero", 0f)]);
        var row = g.Initializer("row", [x1, y1, x2, y2, score, 0f], 1, 1, 6);
        g.Output("boxes", g.Node("Add", [row, g.Node("Reshape", [nothing, g.Initializer("one", [1L, 1, 1], 3)])]), TensorDatatype.FP32, 1, 1, 6);
        return GraphSurgery.Serialize(g.Build());
    }

    // Columns of white and black.
    private static Tensor Stripes()
    {
        var pixels = new byte[3 * Width * Height];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i / 3 % 2 * 255);
        return new Tensor("image", TensorDatatype.UInt8, [Height, Width, 3], pixels);
    }
}
