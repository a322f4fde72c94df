using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Inference;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>Runs an ONNX pose model on images and reads poses off it.</summary>
public sealed class PoseEstimator
{
    private readonly ModelSession session;
    private readonly PoseModelOptions options;
    private readonly string input;
    private readonly string[] outputs;
    private readonly (int Width, int Height) size;

    /// <summary>Makes an estimator.</summary>
    /// <param name="session">The model: one image input of three channels; stays the caller's.</param>
    /// <param name="options">What must be known of it.</param>
    /// <exception cref="ArgumentException">The model is not such a one.</exception>
    public PoseEstimator(ModelSession session, PoseModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        (this.session, this.options) = (session, options);
        if (session.Metadata.Inputs is not [{ Shape.Length: 4 } image])
            throw new ArgumentException("A pose model has one input, of four dimensions.", nameof(session));
        input = image.Name;
        var isNchw = options.Preprocess.Layout == ImageLayout.Nchw;
        var (height, width) = (image.Shape[isNchw ? 2 : 1], image.Shape[isNchw ? 3 : 2]);
        if (options.Input is null && (height <= 0 || width <= 0))
            throw new ArgumentException("The model does not say the size of its input; it must be said in its manifest.", nameof(options));
        size = options.Input ?? ((int)width, (int)height);
        var wanted = options.Head == PoseHead.SimCc ? 2 : 1;
        outputs = options.Outputs.Count == 0 ? [.. session.Metadata.Outputs.Take(wanted).Select(o => o.Name)] : [.. options.Outputs];
        if (outputs.Length != wanted || outputs.FirstOrDefault(name => session.Metadata.Output(name) is null) is not null)
        {
            throw new ArgumentException(
                $"{wanted} outputs are read; the model has {string.Join(", ", session.Metadata.Outputs.Select(o => o.Name))}.", nameof(options));
        }
    }

    /// <summary>Poses of an image, in its pixels (continuous coordinates), the surest first.</summary>
    /// <param name="image">UINT8 [H,W,3], RGB.</param>
    /// <param name="boxes">Where objects are and how sure that is; not read when the model finds them by itself.</param>
    /// <param name="ct">Ends it early.</param>
    public IReadOnlyList<DecodedPose> Estimate(Tensor image, IReadOnlyList<(BoundingBox Box, double Score)> boxes, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(boxes);
        List<DecodedPose> poses = [];
        if (options.Head == PoseHead.SingleStage)
        {
            var placement = InputPlacement.Letterbox((int)image.Shape[1], (int)image.Shape[0], size.Width, size.Height);
            var found = Run(placement.Apply(image, options.Preprocess.Pad), ct);
            var decoder = new YoloPoseDecoder(options.Skeleton.Keypoints.Count, options.LeastScore, hasObjectness: options.HasObjectness);
            poses.AddRange(decoder.Decode(found[0]).Select(pose => pose.InImage(placement)));
        }
        else
        {
            foreach (var (box, score) in boxes)
            {
                var placement = InputPlacement.Crop(box, size.Width, size.Height, options.Enlargement);
                var pose = Decode(placement.Apply(image, options.Preprocess.Pad), ct).InImage(placement);
                poses.Add(pose with { Score = PoseSuppression.Score(score, pose.Confidences), Box = box });
            }
        }

        return options.MostSimilar is { } most ? PoseSuppression.Apply(poses, options.Skeleton, most) : [.. poses.OrderByDescending(p => p.Score)];
    }

    /// <summary>Whether keypoints must be made half a pixel less for a COCO result file.</summary>
    public bool CountsPixels => options.Head is PoseHead.HeatMap or PoseHead.SimCc;

    private DecodedPose Decode(float[] pixels, CancellationToken ct)
    {
        var own = Run(pixels, ct);
        var other = options.FlipTest && CountsPixels ? Run(Mirrored(pixels), ct) : null;
        var poses = options.Head switch
        {
            PoseHead.HeatMap => new HeatMapDecoder(size.Width, size.Height, options.SubPixel, options.Skeleton.Mirror).Decode(own[0], other?[0]),
            PoseHead.SimCc =>
                new SimCcDecoder(options.Split, options.Skeleton.Mirror).Decode(own[0], own[1], other is null ? null : (other[0], other[1])),
            _ => new RegressionDecoder(size.Width, size.Height, options.IsRelative).Decode(own[0]),
        };
        if (poses[0].Confidences.Length != options.Skeleton.Keypoints.Count)
        {
            throw new InferenceFailedException(
                $"the model gives {poses[0].Confidences.Length} keypoints, and the skeleton '{options.Skeleton.Name}' has {options.Skeleton.Keypoints.Count}",
                invalidInput: false, inner: null);
        }

        return poses[0];
    }

    private IReadOnlyList<Tensor> Run(float[] pixels, CancellationToken ct)
    {
        var shape = options.Preprocess.Layout == ImageLayout.Nchw ? new long[] { 1, 3, size.Height, size.Width } : [1, size.Height, size.Width, 3];
        return session.Run([Tensor.FromFloats(input, Prepared(pixels), shape)], outputs, ct);
    }

    // Values in [0,1], channel by channel, as the model takes them.
    private float[] Prepared(float[] pixels)
    {
        var (preprocess, plane) = (options.Preprocess, size.Width * size.Height);
        var values = new float[pixels.Length];
        for (var c = 0; c < 3; c++)
        {
            var from = (preprocess.Color == ColorOrder.Bgr ? 2 - c : c) * plane;
            var (mean, std) = (preprocess.Mean[c % preprocess.Mean.Count], preprocess.Std[c % preprocess.Std.Count]);
            for (var i = 0; i < plane; i++)
            {
                var at = preprocess.Layout == ImageLayout.Nchw ? (c * plane) + i : (3 * i) + c;
                values[at] = (float)(((pixels[from + i] * 255 / preprocess.Scale) - mean) / std);
            }
        }

        return values;
    }

    private float[] Mirrored(float[] pixels)
    {
        var mirrored = pixels.ToArray();
        for (var row = 0; row < mirrored.Length; row += size.Width)
            Array.Reverse(mirrored, row, size.Width);
        return mirrored;
    }
}
