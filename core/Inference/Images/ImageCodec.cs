using System.Globalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Images;

/// <summary>JPEG and PNG to pixels and back, by ONNX Runtime Extensions. Thread-safe.</summary>
public sealed class ImageCodec : IDisposable
{
    private readonly ImageLimits _limits;
    private readonly ModelSession _decoder;
    private readonly ModelSession _jpegEncoder;
    private readonly ModelSession _pngEncoder;

    /// <summary>Loads the codecs.</summary>
    /// <param name="limits">How large images may be; null = <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidOperationException">The library of ONNX Runtime Extensions is not beside the application.</exception>
    public ImageCodec(ImageLimits? limits = null)
    {
        _limits = limits ?? ImageLimits.Default;
        // Buffers follow the image's size: an arena would keep the largest for ever.
        var settings = new SessionSettings { Extensions = true, MemoryArena = false };
        try
        {
            _decoder = ModelSession.Load(Graph("DecodeImage", [-1], [-1, -1, 3], Attr.Text("color_space", "rgb")), settings);
            _jpegEncoder = ModelSession.Load(Graph("EncodeImage", [-1, -1, 3], [-1], Attr.Text("color_space", "rgb"), Attr.Text("format", "jpg")), settings);
            _pngEncoder = ModelSession.Load(Graph("EncodeImage", [-1, -1, 3], [-1], Attr.Text("color_space", "rgb"), Attr.Text("format", "png")), settings);
        }
        catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException e)
        {
            throw new InvalidOperationException("images need the library of ONNX Runtime Extensions (ortextensions) beside the application", e);
        }
    }

    /// <summary>Decodes a JPEG or PNG.</summary>
    /// <param name="jpegOrPng">The file.</param>
    /// <returns>UINT8 [H,W,3], RGB; grey images have three equal channels. Named "image".</returns>
    /// <exception cref="InvalidImageException">No image, damaged, cut off, or beyond the limits.</exception>
    public Tensor Decode(ReadOnlySpan<byte> jpegOrPng)
    {
        var header = ImageHeader.Read(jpegOrPng, _limits);
        Tensor image;
        try
        {
            image = _decoder.Run([Tensor.FromUInt8s("in", jpegOrPng, jpegOrPng.Length)])[0];
        }
        catch (InferenceFailedException e)
        {
            throw new InvalidImageException("the image cannot be decoded; it is damaged or of an unsupported kind", e);
        }

        if (image.Shape is not [var height, var width, >= 1 and <= 4] || height != header.Height || width != header.Width)
            throw new InvalidImageException(string.Create(
                CultureInfo.InvariantCulture, $"the image says {header.Width} x {header.Height} pixels and decodes to [{string.Join(',', image.Shape)}]"));
        return ToRgb(image);
    }

    /// <summary>Encodes pixels as JPEG.</summary>
    /// <param name="image">UINT8 [H,W,3], RGB.</param>
    /// <exception cref="ArgumentException">Another type or shape.</exception>
    public byte[] EncodeJpeg(Tensor image) => Encode(_jpegEncoder, image);

    /// <summary>Encodes pixels as PNG, without loss.</summary>
    /// <param name="image">UINT8 [H,W,3], RGB.</param>
    /// <exception cref="ArgumentException">Another type or shape.</exception>
    public byte[] EncodePng(Tensor image) => Encode(_pngEncoder, image);

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoder.Dispose();
        _jpegEncoder.Dispose();
        _pngEncoder.Dispose();
    }

    /// <summary>The decoder gives as many channels as the file has: grey, grey and alpha, RGB, or RGB and alpha. Alpha is dropped.</summary>
    private static Tensor ToRgb(Tensor image)
    {
        var channels = (int)image.Shape[2];
        if (channels == 3)
            return image.WithName("image");
        var source = image.Data.Span;
        var pixels = new byte[source.Length / channels * 3];
        var colour = channels == 4 ? 1 : 0;
        for (int from = 0, to = 0; to < pixels.Length; from += channels, to += 3)
        {
            pixels[to] = source[from];
            pixels[to + 1] = source[from + colour];
            pixels[to + 2] = source[from + 2 * colour];
        }

        return new Tensor("image", TensorDatatype.UInt8, [image.Shape[0], image.Shape[1], 3], pixels);
    }

    private static byte[] Encode(ModelSession encoder, Tensor image)
    {
        if (image.Datatype != TensorDatatype.UInt8 || image.Shape is not [> 0 and <= 65_500, > 0 and <= 65_500, 3])
            throw new ArgumentException($"an image is UINT8 [H,W,3] with sides from 1 to 65500, got {image.Datatype.ToWire()} [{string.Join(',', image.Shape)}]", nameof(image));
        return encoder.Run([image.WithName("in")])[0].Data.ToArray();
    }

    private static ModelProto Graph(string op, long[] input, long[] output, params AttributeProto[] attributes)
    {
        static Dim[] Dims(string prefix, long[] shape) =>
            [.. shape.Select((d, i) => d < 0 ? new Dim(string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}")) : new Dim(d))];

        var g = new GraphBuilder("codec");
        var read = g.Input("in", TensorDatatype.UInt8, Dims("in", input));
        g.Output("out", g.Node(op, [read], attributes, OperatorDomains.Extensions), TensorDatatype.UInt8, Dims("out", output));
        return g.Build();
    }
}
