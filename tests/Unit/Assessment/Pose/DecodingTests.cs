using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Decoding;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Outputs with known keypoints, and models whose keypoints are the middles of a red, a green and a blue spot.</summary>
public sealed class DecodingTests
{
    private const int Width = SpotScene.Width;
    private const int Height = SpotScene.Height;
    private const double Tolerance = 1e-9;

    [Fact]
    public void A_crop_keeps_the_aspect_and_leads_back()
    {
        var crop = InputPlacement.Crop(new BoundingBox(10, 20, 40, 40), Width, Height);
        Assert.Equal(.96, crop.Scale, Tolerance);
        var (x, y) = crop.ToInput(30, 40);
        Assert.Equal(24, x, Tolerance);
        Assert.Equal(32, y, Tolerance);
        (x, y) = crop.ToInput(12.5, 77);
        Assert.Equal(12.5, crop.ToImage(x, y).X, Tolerance);
        Assert.Equal(77, crop.ToImage(x, y).Y, Tolerance);
        var letterbox = InputPlacement.Letterbox(200, 100, 64, 64);
        Assert.Equal((.32, 0.0, 16.0), (letterbox.Scale, letterbox.OffsetX, letterbox.OffsetY));
        Assert.Equal((100.0, 50.0), letterbox.ToImage(32, 32));
        Assert.Throws<ArgumentException>(() => InputPlacement.Crop(new BoundingBox(1, 1, 0, 5), Width, Height));
        Assert.Throws<ArgumentException>(() => InputPlacement.Crop(new BoundingBox(1, 1, 5, 5), Width, Height, .9));
    }

    [Fact]
    public void What_lies_outside_the_image_is_padded()
    {
        var image = new Tensor("image", TensorDatatype.UInt8, [10, 10, 3], Enumerable.Repeat((byte)255, 300).ToArray());
        var pixels = InputPlacement.Letterbox(10, 10, 20, 10).Apply(image, 51);
        Assert.Equal(600, pixels.Length);
        Assert.Equal((.2f, 1f, .2f), (pixels[0], pixels[10], pixels[19]));
    }

    [Theory]
    [InlineData(SubPixel.None, 8.5, 4.5)]
    [InlineData(SubPixel.Quarter, 9.5, 3.5)]
    public void A_maximum_of_a_heat_map_is_moved_toward_the_higher_neighbour(SubPixel subPixel, double x, double y)
    {
        var map = new float[25];
        (map[7], map[6], map[8], map[2], map[12]) = (1, .2f, .5f, .6f, .4f);
        var pose = Assert.Single(new HeatMapDecoder(20, 20, subPixel).Decode(Tensor.FromFloats("maps", map, 1, 1, 5, 5)));
        Assert.Equal([x, y], pose.Points);
        Assert.Equal([1], pose.Confidences);
        Assert.Throws<ArgumentException>(() => new HeatMapDecoder(20, 20).Decode(Tensor.FromFloats("maps", map, 1, 25)));
    }

    [Fact]
    public void The_middle_of_a_gaussian_is_found_exactly()
    {
        var map = Enumerable.Range(0, 56).Select(i => Math.Exp(-(Math.Pow((i % 8) - 2.3, 2) + Math.Pow((i / 8) - 3.8, 2)) / 4.5)).ToArray();
        var pose = new HeatMapDecoder(32, 28, SubPixel.Taylor).Decode(Tensor.FromDoubles("maps", map, 1, 1, 7, 8))[0];
        Assert.Equal(9.7, pose.Points[0], 1e-6);
        Assert.Equal(15.7, pose.Points[1], 1e-6);
        var flat = Tensor.FromFloats("flat", new float[25], 1, 1, 5, 5);
        Assert.Equal([.5, .5], new HeatMapDecoder(20, 20, SubPixel.Taylor).Decode(flat)[0].Points);
    }

    [Fact]
    public void The_flip_test_takes_the_mean_of_both_views()
    {
        // Left and right keypoint, five columns; mirrored the two change places, and columns run the other way.
        float[] own = [0, 1, 0, 0, 0, /**/ 0, 0, 0, 1, 0];
        float[] mirrored = [0, 1, 0, 0, 0, /**/ 0, 0, 0, 1, 0];
        var flipped = new HeatMapDecoder(5, 1, SubPixel.None, [1, 0], shiftFlipped: false)
            .Decode(Tensor.FromFloats("a", own, 1, 2, 1, 5), Tensor.FromFloats("b", mirrored, 1, 2, 1, 5))[0];
        Assert.Equal([1.5, .5, 3.5, .5], flipped.Points);
        Assert.Equal([1, 1], flipped.Confidences);
        var (a, b) = (Tensor.FromFloats("a", own, 1, 2, 1, 5), Tensor.FromFloats("b", mirrored, 1, 2, 1, 5));
        Assert.Equal([.5, .5], new HeatMapDecoder(5, 1, SubPixel.None, [1, 0]).Decode(a, b)[0].Confidences);
        Assert.Throws<ArgumentException>(() => new HeatMapDecoder(5, 1).Decode(a, b));
    }

    [Fact]
    public void Classes_of_columns_and_rows_are_split_pixels()
    {
        float[] columns = [0, 0, .1f, 0, 0, 0, 0, .9f, /**/ 1, 0, 0, 0, 0, 0, 0, 0];
        float[] rows = [0, 0, 0, .7f, 0, 0, /**/ 0, 0, 0, 0, 0, .4f];
        var pose = new SimCcDecoder(2).Decode(Tensor.FromFloats("x", columns, 1, 2, 8), Tensor.FromFloats("y", rows, 1, 2, 6))[0];
        Assert.Equal([4, 2, .5, 3], pose.Points);
        Assert.Equal([.7, .4], pose.Confidences.Select(c => Math.Round(c, 6)));
        // Mirrored, with the sides changed: the same once more.
        float[] other = [0, 0, 0, 0, 0, 0, 0, 1, /**/ .9f, 0, 0, 0, 0, .1f, 0, 0];
        float[] otherRows = [0, 0, 0, 0, 0, .4f, /**/ 0, 0, 0, .7f, 0, 0];
        var both = new SimCcDecoder(2, [1, 0]).Decode(
            Tensor.FromFloats("x", columns, 1, 2, 8), Tensor.FromFloats("y", rows, 1, 2, 6),
            (Tensor.FromFloats("x", other, 1, 2, 8), Tensor.FromFloats("y", otherRows, 1, 2, 6)))[0];
        Assert.Equal(pose.Points, both.Points);
        Assert.Equal(pose.Confidences, both.Confidences);
        Assert.Throws<ArgumentException>(() => new SimCcDecoder().Decode(Tensor.FromFloats("x", columns, 1, 2, 8), Tensor.FromFloats("y", rows, 2, 1, 6)));
    }

    [Fact]
    public void Coordinates_are_shares_of_the_input_or_pixels()
    {
        var values = Tensor.FromFloats("y", [.5f, .25f, .75f, 1, 0, .5f], 1, 2, 3);
        var pose = new RegressionDecoder(200, 100).Decode(values)[0];
        Assert.Equal([100, 25, 200, 0], pose.Points);
        Assert.Equal([.75, .5], pose.Confidences);
        Assert.Equal([.5, .25, .75, 1, 0, .5], new RegressionDecoder(200, 100, isRelative: false).Decode(values.Reshape(1, 3, 2))[0].Points);
        Assert.Throws<ArgumentException>(() => new RegressionDecoder(200, 100).Decode(values.Reshape(1, 6)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Candidates_that_overlap_a_surer_one_are_dropped(bool valuesFirst)
    {
        // Middle, size, score, two keypoints with confidence; the last is not sure enough.
        double[][] candidates =
        [
            [20, 20, 10, 10, .6, 18, 18, .9, 22, 22, .8], [21, 20, 10, 10, .7, 19, 18, .9, 23, 22, .8], [50, 50, 10, 20, .5, 48, 41, .9, 52, 59, .8],
            [80, 80, 10, 10, .2, 1, 1, 1, 1, 1, 1], .. Enumerable.Repeat(new double[11], 20),
        ];
        var values = valuesFirst
            ? Tensor.FromDoubles("y", [.. Enumerable.Range(0, 11).SelectMany(v => candidates.Select(c => c[v]))], 1, 11, 24)
            : Tensor.FromDoubles("y", [.. candidates.SelectMany(c => c)], 1, 24, 11);
        var poses = new YoloPoseDecoder(2).Decode(values);
        Assert.Equal([.7, .5], poses.Select(p => p.Score));
        Assert.Equal(new BoundingBox(16, 15, 10, 10), poses[0].Box);
        Assert.Equal([48, 41, 52, 59], poses[1].Points);
        Assert.Equal([.9, .8], poses[1].Confidences);
        Assert.Equal(3, new YoloPoseDecoder(2, overlap: .9).Decode(values).Count);
        Assert.Single(new YoloPoseDecoder(2, most: 1).Decode(values));
        Assert.Throws<ArgumentException>(() => new YoloPoseDecoder(17).Decode(values));
    }

    [Fact]
    public void An_objectness_multiplies_the_scores_of_classes()
    {
        var values = Tensor.FromDoubles("y", [20, 20, 10, 10, .5, .3, .8, 18, 18, .9, /**/ 60, 60, 10, 10, .1, .9, .9, 18, 18, .9], 1, 2, 10);
        var pose = Assert.Single(new YoloPoseDecoder(1, hasObjectness: true).Decode(values));
        Assert.Equal(.4, pose.Score, Tolerance);
    }

    [Fact]
    public void Of_similar_poses_the_surest_stays()
    {
        var pose = new DecodedPose([10, 10, 60, 10, 30, 80], [.9, .1, .5]) { Score = .4 };
        var near = pose with { Points = [10.5, 10, 60, 10, 30, 80], Score = .6 };
        var far = pose with { Points = [210, 10, 260, 10, 230, 80], Score = .5 };
        Assert.Equal([.6, .5], PoseSuppression.Apply([pose, near, far], SpotScene.Skeleton).Select(p => p.Score));
        Assert.Equal(.8 * .7, PoseSuppression.Score(.8, pose.Confidences), Tolerance);
        Assert.Equal(0, PoseSuppression.Score(.8, [.1, .2]));
        var detection = pose.ToDetection(3, 1, countsPixels: true);
        Assert.Equal([9.5, 9.5, 59.5, 9.5, 29.5, 79.5], detection.Keypoints.ToArray());
        Assert.Equal((3, 1, .4, 3500.0), (detection.ImageId, detection.CategoryId, detection.Score, detection.Area));
    }

    [Theory]
    [InlineData(SubPixel.Taylor, false, .3)]
    [InlineData(SubPixel.Quarter, false, 2)]
    [InlineData(SubPixel.Taylor, true, 1)]
    public void Heat_maps_of_a_model_lead_to_keypoints_of_the_image(SubPixel subPixel, bool flipTest, double tolerance)
    {
        var g = new GraphBuilder();
        var x = g.Input("image", TensorDatatype.FP32, 1, 3, Height, Width);
        // Every fourth pixel: cell i of the maps is pixel 4 i.
        var maps = g.Node("Slice",
        [
            x, g.Initializer("starts", [0L, 0], 2), g.Initializer("ends", [(long)Height, Width], 2), g.Initializer("axes", [2L, 3], 2),
            g.Initializer("steps", [4L, 4], 2),
        ]);
        g.Output("maps", maps, TensorDatatype.FP32, 1, 3, Height / 4, Width / 4);
        // The mirror has to be its own: colours do not change sides.
        var skeleton = new SkeletonDefinition("spots", SpotScene.Skeleton.Keypoints, SpotScene.Skeleton.Sigmas);
        Check(g, new PoseModelOptions { Head = PoseHead.HeatMap, Skeleton = skeleton, SubPixel = subPixel, FlipTest = flipTest }, SpotScene.Boxes, tolerance);
    }

    [Fact]
    public void Columns_and_rows_of_a_model_lead_to_keypoints_of_the_image()
    {
        var g = new GraphBuilder();
        var x = g.Input("image", TensorDatatype.FP32, 1, 3, Height, Width);
        g.Output("columns", g.Node("ReduceMax", [x], [Attr.Ints("axes", 2), Attr.Int("keepdims", 0)]), TensorDatatype.FP32, 1, 3, Width);
        g.Output("rows", g.Node("ReduceMax", [x], [Attr.Ints("axes", 3), Attr.Int("keepdims", 0)]), TensorDatatype.FP32, 1, 3, Height);
        Check(g, new PoseModelOptions { Head = PoseHead.SimCc, Skeleton = SpotScene.Skeleton, Split = 1 }, SpotScene.Boxes, 1);
    }

    [Fact]
    public void Coordinates_of_a_model_lead_to_keypoints_of_the_image()
    {
        Check(SpotScene.Regression(), new PoseModelOptions { Head = PoseHead.Regression, Skeleton = SpotScene.Skeleton }, SpotScene.Boxes, .5);
    }

    /// <summary>One candidate and many without a score; the image has but one object then.</summary>
    [Fact]
    public void Candidates_of_a_model_lead_to_keypoints_of_the_image()
    {
        var g = new GraphBuilder();
        var (x, y, sure) = SpotScene.Centroids(g, 160, 160, 1, 1);
        var points = g.Node("Reshape", [g.Node("Concat", [x, y, sure], [Attr.Int("axis", 2)]), g.Initializer("shape", [1L, 9, 1], 3)]);
        var candidate = g.Node("Concat", [g.Initializer("box", [80f, 80, 40, 40, .9f], 1, 5, 1), points], [Attr.Int("axis", 1)]);
        var rest = g.Initializer("rest", new float[14 * 20], 1, 14, 20);
        g.Output("candidates", g.Node("Concat", [candidate, rest], [Attr.Int("axis", 2)]), TensorDatatype.FP32, 1, 14, 21);
        using var session = ModelSession.Load(g.Build());
        var estimator = new PoseEstimator(session, new PoseModelOptions { Head = PoseHead.SingleStage, Skeleton = SpotScene.Skeleton });
        var pose = Assert.Single(estimator.Estimate(SpotScene.Image(SpotScene.Places[..1]), []));
        Assert.All(SpotScene.Places[0].Zip(pose.Points), p => Assert.Equal(p.First, p.Second, .5));
        // 160 pixels of the input are 200 of the image, with borders of 40 above and below.
        Assert.Equal((.9, new BoundingBox(75, 25, 50, 50)), (Math.Round(pose.Score, 6), Rounded(pose.Box!.Value)));

        static BoundingBox Rounded(BoundingBox box) => new(Math.Round(box.X, 6), Math.Round(box.Y, 6), Math.Round(box.Width, 6), Math.Round(box.Height, 6));
    }

    [Fact]
    public void A_model_that_is_none_of_poses_is_refused()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, 1, 3, "H", "W");
        g.Output("y", g.Node("Relu", [x]), TensorDatatype.FP32, 1, 3, "H", "W");
        using var session = ModelSession.Load(g.Build());
        var options = new PoseModelOptions { Head = PoseHead.HeatMap, Skeleton = SpotScene.Skeleton };
        Assert.Throws<ArgumentException>(() => new PoseEstimator(session, options));
        Assert.Throws<ArgumentException>(() => new PoseEstimator(session, options with { Input = (8, 8), Outputs = ["z"] }));
        Assert.Throws<ArgumentException>(() => new PoseEstimator(session, options with { Input = (8, 8), Head = PoseHead.SimCc }));
        var wrong = new PoseEstimator(session, options with { Input = (8, 8), Skeleton = SkeletonDefinition.Coco17 });
        Assert.Throws<InferenceFailedException>(() => wrong.Estimate(SpotScene.Image(SpotScene.Places), SpotScene.Boxes));
    }

    private static void Check(GraphBuilder g, PoseModelOptions options, (BoundingBox, double)[] boxes, double tolerance)
    {
        using var session = ModelSession.Load(g.Build());
        var poses = new PoseEstimator(session, options).Estimate(SpotScene.Image(SpotScene.Places), boxes);
        Assert.Equal(2, poses.Count);
        Assert.All(poses.Zip(SpotScene.Places), p => Assert.All(p.Second.Zip(p.First.Points), c => Assert.Equal(c.First, c.Second, tolerance)));
        Assert.Equal(boxes.Select(b => b.Item1), poses.Select(p => p.Box!.Value));
    }
}
