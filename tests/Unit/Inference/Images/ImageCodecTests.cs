using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference;
using Iml4e.Inference.Images;

namespace Iml4e.Tests.Unit.Inference.Images;

public sealed class ImageCodecTests : IDisposable
{
    private readonly ImageCodec _codec = new();

    public void Dispose() => _codec.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(37, 53)]
    [InlineData(256, 3)]
    public void Png_is_lossless(int height, int width)
    {
        var image = Pattern(height, width);
        var png = _codec.EncodePng(image);
        Assert.Equal(new ImageHeader(ImageFormat.Png, width, height), ImageHeader.Read(png));
        var back = _codec.Decode(png);
        Assert.Equal([height, width, 3], back.Shape);
        Assert.Equal(image.Data.ToArray(), back.Data.ToArray());
    }

    [Fact]
    public void Jpeg_keeps_size_and_colours_nearly()
    {
        var pixels = new byte[64 * 48 * 3];
        for (var i = 0; i < pixels.Length; i += 3)
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (200, 100, 50);
        var jpeg = _codec.EncodeJpeg(Tensor.FromUInt8s("image", pixels, 48, 64, 3));
        Assert.Equal(new ImageHeader(ImageFormat.Jpeg, 64, 48), ImageHeader.Read(jpeg));
        var back = _codec.Decode(jpeg);
        Assert.Equal([48L, 64L, 3L], back.Shape);
        Assert.All(pixels.Zip(back.Data.ToArray()), p => Assert.InRange(p.Second - p.First, -6, 6));
    }

    [SharedDataTheory]
    [InlineData("coco/000000000785.jpg")]
    [InlineData("coco/000000040083.jpg")]
    [InlineData("coco/000000196141.jpg")]
    [InlineData("coco/000000197388.jpg")]
    public void Photos_decode_to_the_size_that_their_annotations_state(string file)
    {
        var annotations = System.Text.Json.Nodes.JsonNode.Parse(SharedData.Read("photos", "coco", "test_coco.json"))!;
        var stated = annotations["images"]!.AsArray().Single(i => (string?)i!["file_name"] == Path.GetFileName(file))!;
        var image = _codec.Decode(SharedData.Read("photos", file));
        Assert.Equal([(long)stated["height"]!, (long)stated["width"]!, 3], image.Shape);
        Assert.True(image.ToDoubles().Distinct().Count() > 200);
    }

    [SharedDataFact]
    public void Grey_images_have_three_equal_channels()
    {
        var folder = SharedData.Path("defects", "MT_Break");
        foreach (var file in Directory.GetFiles(folder).Order(StringComparer.Ordinal).Take(6))
        {
            var pixels = _codec.Decode(File.ReadAllBytes(file)).Data.ToArray();
            Assert.All(Enumerable.Range(0, pixels.Length / 3), i => Assert.True(pixels[3 * i] == pixels[3 * i + 1] && pixels[3 * i] == pixels[3 * i + 2]));
        }
    }

    [Fact]
    public void Bombs_are_refused_by_their_header()
    {
        var png = _codec.EncodePng(Pattern(8, 8));
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 16_000);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), 16_000);
        Assert.Contains("16000 x 16000", Refused(png), StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(16), uint.MaxValue);
        Assert.Contains("16384 a side", Refused(png), StringComparison.Ordinal);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 0);
        Assert.Contains("no pixels", Refused(png), StringComparison.Ordinal);

        var jpeg = _codec.EncodeJpeg(Pattern(8, 8));
        var frame = jpeg.AsSpan().IndexOf([(byte)0xff, (byte)0xc0]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), 65_000);
        Assert.Contains("8 x 65000", Refused(jpeg), StringComparison.Ordinal);
        using var small = new ImageCodec(new ImageLimits { MaximumPixels = 63 });
        Assert.Throws<InvalidImageException>(() => small.Decode(_codec.EncodePng(Pattern(8, 8))));
    }

    [Fact]
    public void Interlaced_images_are_refused_for_the_decoder_would_mix_up_their_rows()
    {
        var png = _codec.EncodePng(Pattern(8, 8));
        png[28] = 1;
        Assert.Contains("interlaced", Refused(png), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, Func<byte[], byte[]>> Broken => new()
    {
        // Each of these would make the native decoder end the process.
        { "quantisation table", "no quantisation table", j => Without(j, 0xdb) },
        { "Huffman table", "no Huffman table", j => Without(j, 0xc4) },
        { "scan header", "no frame", j => Without(j, 0xc0) },
        { "component of the frame header", "table number 5", j => With(j, 0xc0, 12, 5) },
        { "component of the frame header", "sampling factor 0", j => With(j, 0xc0, 11, 0) },
        { "fractions of each other", "sampling 3:2", j => With(With(j, 0xc0, 11, 0x31), 0xc0, 14, 0x21) },
        { "12 bits a sample", "12 bits", j => With(j, 0xc0, 4, 12) },
        { "4 components", "CMYK", j => With(j, 0xc0, 9, 4) },
        { "unsupported kind (marker c9)", "arithmetic coding", j => With(j, 0xc0, 1, 0xc9) },
        { "unsupported kind (marker c3)", "lossless", j => With(j, 0xc0, 1, 0xc3) },
        { "scan header", "unknown component", j => With(j, 0xda, 5, 77) },
        { "scan header", "progressive parameters", j => With(With(j, 0xc0, 1, 0xc2), 0xda, 12, 63) },
        { "frame header", "second frame", j => [.. j[..2], .. Segment(j, 0xc0), .. j[2..]] },
        { "scan header", "second scan", j => [.. j[..^2], .. Segment(j, 0xda), 0xff, 0xd9] },
        { "Huffman table", "too many codes", j => With(j, 0xc4, 5, 3) },
        { "component is missing", "no scan", j => [.. j[..j.AsSpan().IndexOf([(byte)0xff, (byte)0xda])], 0xff, 0xd9] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Jpegs_that_would_end_the_process_are_refused_before(string reason, string what, Func<byte[], byte[]> spoil)
    {
        var jpeg = _codec.EncodeJpeg(Pattern(24, 24));
        Assert.Equal([24L, 24L, 3L], _codec.Decode(jpeg).Shape);
        Assert.True(Refused(spoil(jpeg)).Contains(reason, StringComparison.Ordinal), what);
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        Assert.Contains("neither JPEG nor PNG", Refused([]), StringComparison.Ordinal);
        Assert.Contains("neither JPEG nor PNG", Refused("GIF89a......"u8.ToArray()), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _codec.EncodePng(Tensor.FromFloats("image", new float[3], 1, 1, 3)));
        Assert.Throws<ArgumentException>(() => _codec.EncodeJpeg(Tensor.FromUInt8s("image", new byte[4], 1, 1, 4)));
        Assert.Throws<ArgumentException>(() => _codec.EncodeJpeg(Tensor.FromUInt8s("image", [], 0, 1, 3)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cut_files_are_refused_wherever_they_are_cut(bool jpeg)
    {
        var file = jpeg ? _codec.EncodeJpeg(Pattern(24, 24)) : _codec.EncodePng(Pattern(24, 24));
        for (var length = 0; length < file.Length; length += 1 + length / 16)
            Refused(file[..length]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_files_decode_or_are_refused_and_nothing_else(bool jpeg)
    {
        var file = jpeg ? _codec.EncodeJpeg(Pattern(24, 24)) : _codec.EncodePng(Pattern(24, 24));
        var property = Prop.ForAll(Gen.ArrayOf(Gen.Zip(Gen.Choose(0, file.Length - 1), Gen.Choose(0, 255))).ToArbitrary(), changes =>
        {
            var damaged = file.ToArray();
            foreach (var (at, value) in changes)
                damaged[at] = (byte)value;
            try
            {
                Assert.Equal(3, _codec.Decode(damaged).Shape[2]);
            }
            catch (InvalidImageException e)
            {
                Assert.NotEmpty(e.Message);
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), property);
    }

    private static Tensor Pattern(int height, int width)
    {
        var pixels = new byte[height * width * 3];
        new Random(1).NextBytes(pixels);
        return Tensor.FromUInt8s("image", pixels, height, width, 3);
    }

    private static int Find(byte[] jpeg, byte marker) => jpeg.AsSpan().IndexOf([(byte)0xff, marker]);

    private static byte[] Segment(byte[] jpeg, byte marker)
    {
        var at = Find(jpeg, marker);
        return jpeg[at..(at + 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(at + 2)))];
    }

    private static byte[] Without(byte[] jpeg, byte marker)
    {
        for (var at = Find(jpeg, marker); at >= 0; at = Find(jpeg, marker))
            jpeg = [.. jpeg[..at], .. jpeg[(at + Segment(jpeg, marker).Length)..]];
        return jpeg;
    }

    private static byte[] With(byte[] jpeg, byte marker, int offset, byte value)
    {
        var result = jpeg.ToArray();
        result[Find(jpeg, marker) + offset] = value;
        return result;
    }

    private string Refused(byte[] file) => Assert.Throws<InvalidImageException>(() => _codec.Decode(file)).Message;
}
