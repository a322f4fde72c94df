using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Objects of three spots, a red, a green and a blue one, and models whose keypoints are the middles of the spots.</summary>
internal static class SpotScene
{
    public const int Width = 48;
    public const int Height = 64;

    public static readonly SkeletonDefinition Skeleton = new("spots", ["red", "green", "blue"], [.1, .1, .1], [(1, 2)]);

    // Two objects of three spots each, in the image's continuous coordinates.
    public static readonly double[][] Places = [[60, 40, 45, 70, 80, 75], [160, 35, 150, 60, 175, 80]];
    public static readonly (BoundingBox Box, double Score)[] Boxes = [(new BoundingBox(40, 30, 45, 55), .9), (new BoundingBox(140, 25, 45, 65), .3)];

    /// <summary>A model that gives the middles as shares of its input.</summary>
    public static GraphBuilder Regression()
    {
        var g = new GraphBuilder();
        var (x, y, _) = Centroids(g, Width, Height, 1.0 / Width, 1.0 / Height);
        g.Output("points", g.Node("Concat", [x, y], [Attr.Int("axis", 2)]), TensorDatatype.FP32, 1, 3, 2);
        return g;
    }

    /// <summary>Middles of the brightness of each colour, and how bright it is, [1, 3, 1] each.</summary>
    public static (string X, string Y, string Sure) Centroids(GraphBuilder g, int width, int height, double unitX, double unitY)
    {
        var image = g.Input("image", TensorDatatype.FP32, 1, 3, height, width);
        var axes = g.Initializer("axes", [2L, 3], 2);
        var sum = g.Node("ReduceSum", [image, axes], [Attr.Int("keepdims", 0)]);
        var sure = Last(g.Node("Min", [sum, g.Scalar("one", 1f)]));
        return (Middle("columns", width, unitX, [1, 1, 1, width]), Middle("rows", height, unitY, [1, 1, height, 1]), sure);

        string Middle(string name, int count, double unit, long[] shape)
        {
            var places = g.Initializer(name, Enumerable.Range(0, count).Select(i => (float)((i + .5) * unit)).ToArray(), shape);
            return Last(g.Node("Div", [g.Node("ReduceSum", [g.Node("Mul", [image, places]), axes], [Attr.Int("keepdims", 0)]), sum]));
        }

        string Last(string value) => g.Node("Reshape", [value, g.Initializer("last", [1L, 3, 1], 3)]);
    }

    /// <summary>200 x 100 pixels, black but for the spots.</summary>
    public static Tensor Image(double[][] objects)
    {
        var pixels = new byte[100 * 200 * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, colour) = ((i / 3 % 200) + .5, (i / 600) + .5, i % 3);
            pixels[i] = (byte)Math.Round(255 * objects.Max(o => Math.Exp(-(Math.Pow(x - o[2 * colour], 2) + Math.Pow(y - o[(2 * colour) + 1], 2)) / 2 / 16)));
        }

        return new Tensor("image", TensorDatatype.UInt8, [100, 200, 3], pixels);
    }
}
