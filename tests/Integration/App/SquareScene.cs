using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Images;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Unit.Assessment;

namespace Iml4e.Tests.Integration.App;

/// <summary>Small black images, each with a white square somewhere, and models that find it.</summary>
internal static class SquareScene
{
    private const int Side = 16;
    private const int Square = 6;

    /// <summary>
    /// A detector, family yolov10, of the square, whose boxes are a number of pixels too far right; a second output is the middle's column, so that it is a
    /// regression of a table of pixels, too.
    /// </summary>
    public static byte[] Detector(float shift)
    {
        var g = new GraphBuilder();
        var image = g.Input("image", TensorDatatype.FP32, 1, 3, Side, Side);
        var axes = g.Initializer("axes", [1L, 2, 3], 3);
        var sum = g.Node("ReduceSum", [image, axes], [Attr.Int("keepdims", 0)]);
        var (x, y) = (Middle("columns", [1, 1, 1, Side]), Middle("rows", [1, 1, Side, 1]));
        var moved = g.Node("Add", [x, g.Scalar("shift", shift)]);
        var half = g.Scalar("half", Square / 2f);
        string[] corners = [g.Node("Sub", [moved, half]), g.Node("Sub", [y, half]), g.Node("Add", [moved, half]), g.Node("Add", [y, half])];
        var row = g.Node("Concat", [.. corners, g.Initializer("sure", [.9f], 1), g.Initializer("class", [0f], 1)], [Attr.Int("axis", 0)]);
        g.Output("boxes", g.Node("Reshape", [row, g.Initializer("list", [1L, 1, 6], 3)]), TensorDatatype.FP32, 1, 1, 6);
        g.Output("prediction", g.Node("Reshape", [moved, g.Initializer("number", [1L, 1], 2)]), TensorDatatype.FP32, 1, 1);
        return GraphSurgery.Serialize(g.Build());

        string Middle(string name, long[] shape)
        {
            var places = g.Initializer(name, Enumerable.Range(0, Side).Select(i => i + .5f).ToArray(), shape);
            return g.Node("Div", [g.Node("ReduceSum", [g.Node("Mul", [image, places]), axes], [Attr.Int("keepdims", 0)]), sum]);
        }
    }

    /// <summary>A zip of images with their COCO document.</summary>
    public static byte[] Images(int count)
    {
        using var codec = new ImageCodec();
        var files = new List<(string, byte[])>();
        var (images, annotations) = (new JsonArray(), new JsonArray());
        for (var i = 0; i < count; i++)
        {
            var (left, top) = Place(i);
            var pixels = new byte[3 * Side * Side];
            for (var p = 0; p < pixels.Length; p++)
                pixels[p] = IsWhite(p / 3, left, top) ? (byte)255 : (byte)0;
            files.Add(($"{i}.png", codec.EncodePng(new Tensor("image", TensorDatatype.UInt8, [Side, Side, 3], pixels))));
            images.Add(new JsonObject { ["id"] = i, ["width"] = Side, ["height"] = Side, ["file_name"] = $"{i}.png" });
            annotations.Add(new JsonObject
            {
                ["id"] = i, ["image_id"] = i, ["category_id"] = 1, ["bbox"] = new JsonArray(left, top, Square, Square), ["area"] = Square * Square,
            });
        }

        var document = new JsonObject
        {
            ["images"] = images, ["annotations"] = annotations, ["categories"] = new JsonArray(new JsonObject { ["id"] = 1, ["name"] = "square" }),
        };
        files.Add(("gt.json", Encoding.UTF8.GetBytes(document.ToJsonString())));
        return Zips.Of([.. files]);
    }

    /// <summary>The same images as a table, a column for each pixel of each colour, and the column of the square's middle as x.</summary>
    public static byte[] Table(int count)
    {
        var text = new StringBuilder(string.Join(',', Enumerable.Range(0, 3 * Side * Side).Select(p => $"p{p}"))).Append(",x\n");
        for (var i = 0; i < count; i++)
        {
            var (left, top) = Place(i);
            // Planes one after the other, as models take them.
            text.AppendJoin(',', Enumerable.Range(0, 3 * Side * Side).Select(p => IsWhite(p % (Side * Side), left, top) ? '1' : '0'));
            text.Append(CultureInfo.InvariantCulture, $",{left + (Square / 2)}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static (int Left, int Top) Place(int image) => (image * 7 % (Side - Square), image * 3 % (Side - Square));

    private static bool IsWhite(int pixel, int left, int top) =>
        pixel % Side >= left && pixel % Side < left + Square && pixel / Side >= top && pixel / Side < top + Square;
}
