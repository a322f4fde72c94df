using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Integration.App;

/// <summary>An image, and a detector that sees a face in it.</summary>
internal static class FaceScene
{
    public const int Height = 60;
    public const int Width = 80;

    /// <summary>A detector, family yolov10, of one face, whatever the image shows: at 20..40 by 10..30.</summary>
    public static byte[] Detector()
    {
        var g = new GraphBuilder();
        var image = g.Input("image", TensorDatatype.FP32, 1, 3, Height, Width);
        var nothing = g.Node("Mul", [g.Node("ReduceMean", [image], [Attr.Ints("axes", 1, 2, 3), Attr.Int("keepdims", 0)]), g.Scalar("zero", 0f)]);
        var row = g.Initializer("row", [20f, 10, 40, 30, .9f, 0], 1, 1, 6);
        g.Output("boxes", g.Node("Add", [row, g.Node("Reshape", [nothing, g.Initializer("one", [1L, 1, 1], 3)])]), TensorDatatype.FP32, 1, 1, 6);
        return GraphSurgery.Serialize(g.Build());
    }

    /// <summary>Columns of white and black.</summary>
    public static Tensor Stripes()
    {
        var pixels = new byte[3 * Width * Height];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i / 3 % 2 * 255);
        return new Tensor("image", TensorDatatype.UInt8, [Height, Width, 3], pixels);
    }
}
