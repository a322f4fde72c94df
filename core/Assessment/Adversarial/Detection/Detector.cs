using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// An ONNX detector as attacks see it: images in [0,1] in, boxes and scores out, with gradients of losses on them. Runs have a fixed number of rows; sessions
/// are made when first needed and may be shared by threads.
/// </summary>
public sealed class Detector : IDisposable
{
    private readonly SessionSettings _settings;
    private readonly Preprocessing _preprocessing;
    private readonly Lock _making = new();
    private readonly Dictionary<DetectorLossKind, ModelSession> _losses = [];
    private readonly ModelSession _session;
    private readonly ModelProto _decoded;

    private Detector(ModelProto model, DetectorOptions options)
    {
        _preprocessing = options.Preprocessing;
        _settings = new SessionSettings { IntraOpThreads = options.Threads, MemoryPattern = true, AllowSpinning = options.Threads > 1 };
        var declared = BatchSurgery.Shape(BatchSurgery.Input(model));
        Shape = ImageOf(declared, options);
        Rows = options.Rows;
        var (forward, shapes, rewritten) = Forward(model, Rows);
        Decoder = options.Decoder ?? DetectorFamilies.For(
            options.Family ?? throw new UnattackableModelException("a detector needs its family, or a decoder"), [.. shapes.Select(s => (s.Key, s.Value))],
                Shape.Height, options.Classes);
        if (rewritten && Rows > 1)
        {
            var kept = Kept(forward);
            if (!BatchProof.Holds(() => ModelSession.Load(kept, _settings), () => ModelSession.Load(Kept(Forward(model, 1).Model), _settings), Rows, Shape))
            {
                Rows = 1;
                (forward, shapes, _) = Forward(model, 1);
            }
        }

        (_decoded, Points) = DecoderGraph.Append(Kept(forward), Decoder, shapes, (Shape.Height, Shape.Width), Rows);
        _session = ModelSession.Load(_decoded, _settings);
    }

    /// <summary>Shape of the images that it takes.</summary>
    public ImageShape Shape { get; }

    /// <summary>How its outputs are read.</summary>
    public DetectorDecoder Decoder { get; }

    /// <summary>Candidates of an image.</summary>
    public int Points { get; }

    /// <summary>Number of classes.</summary>
    public int Classes => Decoder.Classes;

    /// <summary>Rows of a run; 1 where the model can do no more.</summary>
    public int Rows { get; }

    /// <summary>What was asked of it so far.</summary>
    public GradientCounters Counters { get; } = new();

    /// <summary>Loads a detector.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="options">How it is run and read.</param>
    /// <exception cref="InvalidModelException">The bytes are no model that can be run.</exception>
    /// <exception cref="UnattackableModelException">It is no detector of that family.</exception>
    public static Detector Load(ReadOnlySpan<byte> onnx, DetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new Detector(GraphSurgery.Parse(onnx), options);
    }

    /// <summary>Finds what is in images; not counted as queries.</summary>
    /// <param name="images">One image a row.</param>
    /// <param name="limits">Which candidates count.</param>
    /// <param name="ct">Ends the work.</param>
    public IReadOnlyList<DetectedObject>[] Detect(ReadOnlySpan<float> images, DetectionLimits limits, CancellationToken ct = default)
    {
        using var run = new DetectorRun(this, null);
        var result = new IReadOnlyList<DetectedObject>[images.Length / Shape.Size];
        run.Forward(images, (row, candidates) => result[row] = candidates.Select(limits), ct);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        lock (_making)
        {
            foreach (var session in _losses.Values)
                session.Dispose();
            _losses.Clear();
        }
    }

    /// <summary>The session of a loss with its gradient; without one, of boxes and scores alone.</summary>
    internal ModelSession Session(DetectorLossKind? loss)
    {
        if (loss is not { } kind)
            return _session;
        lock (_making)
        {
            if (!_losses.TryGetValue(kind, out var session))
                _losses.Add(kind, session = ModelSession.Load(Gradient(kind), _settings));
            return session;
        }
    }

    private ModelProto Gradient(DetectorLossKind kind)
    {
        try
        {
            var model = DetectorLossGraph.Append(_decoded, kind, Rows, Points, Classes);
            return GradientGraphBuilder.Build(
                model, new GradientRequest { Wrt = [PreprocessingGraph.Input], Seed = SeedMode.External, SeedTensors = [DetectorLossGraph.Loss] }).Model;
        }
        catch (GradientException e)
        {
            throw new AttackUnsupportedException($"the model cannot be differentiated: {e.Message}; black-box attacks (square, nes) can be run on it");
        }
    }

    private (ModelProto Model, Dictionary<string, long[]> Shapes, bool Rewritten) Forward(ModelProto model, int rows)
    {
        long[] network = _preprocessing.Layout == ImageLayout.Nhwc
            ? [rows, Shape.Height, Shape.Width, Shape.Channels]
            : [rows, Shape.Channels, Shape.Height, Shape.Width];
        var (fixedRows, rewritten) = BatchSurgery.Fix(model, network);
        var whole = PreprocessingGraph.Prepend(fixedRows, network, Shape, _preprocessing);
        using var session = ModelSession.Load(whole, _settings);
        try
        {
            using var outputs = session.RunInPlace(
                [Tensor.FromFloats(PreprocessingGraph.Input, new float[rows * Shape.Size], rows, Shape.Channels, Shape.Height, Shape.Width)]);
            return (whole, outputs.ToDictionary(o => o.Name["m/".Length..], o => o.Shape, StringComparer.Ordinal), rewritten);
        }
        catch (InferenceFailedException e) when (rows == 1)
        {
            throw new UnattackableModelException($"the model cannot be run on images of {Shape.Channels} x {Shape.Height} x {Shape.Width}: {e.Message}");
        }
        catch (InferenceFailedException)
        {
            // What cannot be run in batches is looked at alone; the proof fails later and says so.
            var (_, shapes, _) = Forward(model, 1);
            return (whole, shapes, true);
        }
    }

    private ModelProto Kept(ModelProto model) => GraphSurgery.KeepOutputs(
        model, Decoder.Heads.SelectMany(h => new[] { h.Boxes.Output, h.Objectness?.Output, h.Classes.Output }).Where(n => n is not null).Distinct()
            .Select(n => "m/" + n));

    private static ImageShape ImageOf(long[] declared, DetectorOptions options)
    {
        if (declared.Length != 4)
            throw new UnattackableModelException($"the model's input is [{string.Join(',', declared)}]; a detector takes images [N,C,H,W]");
        var (c, h, w) = options.Preprocessing.Layout == ImageLayout.Nhwc ? (3, 1, 2) : (1, 2, 3);
        if (options.Input is { Count: 3 } given)
            (declared[c], declared[h], declared[w]) = (given[0], given[1], given[2]);
        return declared.Skip(1).All(d => d is > 0 and <= 4096)
            ? new ImageShape((int)declared[c], (int)declared[h], (int)declared[w])
            : throw new UnattackableModelException(
                $"the model's input [{string.Join(',', declared)}] has free dimensions; give the image's shape as input: [channels, height, width]");
    }
}
