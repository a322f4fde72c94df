using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>
/// An ONNX image classifier as attacks see it: images in [0,1] in, logits and gradients out. All runs have the same number of rows, the last one padded, so
/// that a row comes out the same whatever stands beside it. Sessions are made when first needed and kept; they may be shared by threads.
/// </summary>
public sealed class Classifier : IDisposable
{
    private readonly ModelProto _model;
    private readonly ClassifierOptions _options;
    private readonly SessionSettings _settings;
    private readonly Lock _making = new();
    private readonly Dictionary<(AttackLoss? Loss, bool Targeted), ModelSession> _sessions = [];
    private readonly long[] _networkShape;
    private readonly ModelProto _forward;

    private Classifier(ModelProto model, ClassifierOptions options)
    {
        (_model, _options) = (model, options);
        _settings = new SessionSettings { IntraOpThreads = options.Threads, MemoryPattern = true, AllowSpinning = options.Threads > 1 };
        (_networkShape, Shape) = Shapes(model, options);
        Rows = options.Rows;
        (_forward, var rewritten) = Forward(Rows);
        if (rewritten && !GivesTheSame())
        {
            Rows = 1;
            _networkShape[0] = 1;
            (_forward, _) = Forward(1);
        }

        var session = Session(null, false);
        Classes = session.Metadata.Outputs[0].Shape is [.., > 1 and var classes]
            ? checked((int)classes)
            : CountClasses(session);
    }

    /// <summary>Shape of the images that it takes.</summary>
    public ImageShape Shape { get; }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Rows of a run; 1 where the model can do no more.</summary>
    public int Rows { get; }

    /// <summary>What was asked of it so far.</summary>
    public GradientCounters Counters { get; } = new();

    /// <summary>Loads a classifier.</summary>
    /// <param name="onnx">The ONNX file; one input of FP32, one output of classes: logits, or a Softmax, which is cut off.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="InvalidModelException">The bytes are no model that can be run.</exception>
    /// <exception cref="UnattackableModelException">It is no classifier of images or vectors.</exception>
    public static Classifier Load(ReadOnlySpan<byte> onnx, ClassifierOptions? options = null) => new(GraphSurgery.Parse(onnx),
        options ?? new ClassifierOptions());

    /// <summary>Tells how far the model can be differentiated.</summary>
    public CoverageReport Examine() => GradientGraphBuilder.Examine(
        _forward, new GradientRequest { Wrt = [PreprocessingGraph.Input], Seed = SeedMode.External, SeedTensors = [ClassifierGraphs.Logits] });

    /// <summary>Computes the logits of images, not counted as queries.</summary>
    /// <param name="images">One image a row.</param>
    /// <param name="logits">All logits of each row.</param>
    /// <param name="ct">Ends the work.</param>
    public void Predict(ReadOnlySpan<float> images, Span<float> logits, CancellationToken ct = default)
    {
        using var run = new RowRun(this, null, false);
        run.Forward(images, logits, ct);
    }

    /// <summary>The likeliest class of each image.</summary>
    public int[] Classify(ReadOnlySpan<float> images, CancellationToken ct = default)
    {
        var count = images.Length / Shape.Size;
        var logits = new float[count * Classes];
        Predict(images, logits, ct);
        return [.. Enumerable.Range(0, count).Select(i => Decision.Of(logits.AsSpan(i * Classes, Classes)))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_making)
        {
            foreach (var session in _sessions.Values)
                session.Dispose();
            _sessions.Clear();
        }
    }

    /// <summary>The session of a loss; of none for logits alone; of <see cref="AttackLoss.Default"/> for logits with seeds.</summary>
    internal ModelSession Session(AttackLoss? loss, bool targeted)
    {
        lock (_making)
        {
            if (!_sessions.TryGetValue((loss, targeted), out var session))
                _sessions.Add((loss, targeted), session = ModelSession.Load(Graph(loss, targeted), _settings));
            return session;
        }
    }

    private ModelProto Graph(AttackLoss? loss, bool targeted)
    {
        try
        {
            return loss switch
            {
                null => _forward,
                AttackLoss.Default => ClassifierGraphs.WithGradient(_forward, ClassifierGraphs.Logits),
                _ => ClassifierGraphs.WithGradient(ClassifierGraphs.WithLoss(_forward, loss.Value, targeted, Rows, Classes), ClassifierGraphs.Loss),
            };
        }
        catch (GradientException e)
        {
            throw new AttackUnsupportedException(
                $"the model cannot be differentiated: {e.Message}; black-box attacks (square, simba, hopskipjump) can be run on it");
        }
    }

    private (ModelProto Model, bool Rewritten) Forward(int rows)
    {
        long[] shape = [rows, .. _networkShape[1..]];
        return ClassifierGraphs.Forward(_model, _options.Output, shape, Shape, _options.Preprocessing);
    }

    // Rewritten shapes are believed only when rows come out as they do alone.
    private bool GivesTheSame() =>
        BatchProof.Holds(() => ModelSession.Load(_forward, _settings), () => ModelSession.Load(Forward(1).Model, _settings), Rows, Shape);

    private float[] Run(ModelSession session, float[] images, int rows) =>
        session.Run([Tensor.FromFloats(PreprocessingGraph.Input, images, rows, Shape.Channels, Shape.Height, Shape.Width)])[0].Span<float>().ToArray();

    private int CountClasses(ModelSession session)
    {
        try
        {
            var count = Run(session, new float[Rows * Shape.Size], Rows).Length;
            return count % Rows == 0 && count / Rows > 1
                ? count / Rows
                : throw new UnattackableModelException("the model's output has no classes: [N,K] with K of 2 or more is expected");
        }
        catch (InferenceFailedException e)
        {
            throw new UnattackableModelException($"the model cannot be run on images of {Shape.Channels} x {Shape.Height} x {Shape.Width}: {e.Message}");
        }
    }

    private static (long[] Network, ImageShape Image) Shapes(ModelProto model, ClassifierOptions options)
    {
        var declared = BatchSurgery.Shape(BatchSurgery.Input(model));
        if (options.Input is { } given)
        {
            var image = given.Count == 3 ? new ImageShape(given[0], given[1], given[2]) : new ImageShape(1, 1, given[^1]);
            long[] network = declared.Length switch
            {
                2 => [options.Rows, image.Size],
                4 when options.Preprocessing.Layout == ImageLayout.Nhwc => [options.Rows, image.Height, image.Width, image.Channels],
                4 => [options.Rows, image.Channels, image.Height, image.Width],
                _ => throw NoImages(declared),
            };
            for (var i = 1; i < network.Length; i++)
            {
                if (declared[i] > 0 && declared[i] != network[i])
                    throw new UnattackableModelException(
                        $"the model's input is [{string.Join(',', declared)}], which images of [{string.Join(',', given)}] do not fit");
            }

            return (network, image);
        }

        if (declared.Skip(1).Any(d => d <= 0))
            throw new UnattackableModelException(
                $"the model's input [{string.Join(',', declared)}] has free dimensions (-1); give the image's shape as input: [channels, height, width]");
        return declared switch
        {
            [_, var d] => ([options.Rows, d], new ImageShape(1, 1, (int)d)),
            [_, var h, var w, var c] when options.Preprocessing.Layout == ImageLayout.Nhwc => ([options.Rows, h, w, c], new ImageShape((int)c, (int)h, (int)w)),
            [_, var c, var h, var w] => ([options.Rows, c, h, w], new ImageShape((int)c, (int)h, (int)w)),
            _ => throw NoImages(declared),
        };
    }

    private static UnattackableModelException NoImages(long[] declared) =>
        new($"the model's input is [{string.Join(',', declared)}]; an attack needs images [N,C,H,W] or vectors [N,D]");
}
