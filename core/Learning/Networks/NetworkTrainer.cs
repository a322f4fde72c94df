using System.Security.Cryptography;
using System.Runtime.InteropServices;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Linear;

namespace Iml4e.Learning.Networks;

/// <summary>Neural networks on imputed and standardised features: a multilayer perceptron, or on columns that are pixels a convolutional network.</summary>
/// <remarks>
/// Parameters: <c>architecture</c> mlp or cnn (mlp); of mlp <c>hidden</c> ([64, 32]) and <c>activation</c> relu, silu or tanh; of cnn <c>image</c> [channels,
/// height, width], <c>channels</c> of its stages ([16, 32]) and <c>block</c> plain, residual or depthwise; <c>dropout</c> (0). Training: <c>epochs</c> (100),
/// <c>patience</c> (10; 0 = all epochs), <c>batch_size</c> (32), <c>accumulate</c> (1), <c>optimizer</c> adam, adamw, sgd or rmsprop, <c>learning_rate</c>,
/// <c>momentum</c> and <c>nesterov</c> of sgd, <c>weight_decay</c>, <c>clip_norm</c>, <c>average</c> (decay of the running mean of the weights, which is then the
/// model), <c>schedule</c> constant, step, cosine or one_cycle with <c>warm_up</c> steps and, of step, <c>every</c> epochs. Changes to training rows, in units of
/// standard deviations: <c>noise</c>; of images also <c>shift</c>, <c>flip</c>, <c>cutout</c>, <c>brightness</c>, <c>contrast</c>. Adversarial training:
/// <c>adversarial_epsilon</c>, <c>adversarial_steps</c> (7), <c>adversarial_share</c> (1). <c>checkpoint_seconds</c> (30): least time between two checkpoints.
/// <para>
/// A network that is there already (<see cref="TrainingOptions.FineTuning"/>) has its own architecture, and gets the features as they are, in their order,
/// missing ones replaced by the median: it knows what it was trained on. Changes to rows are in units of the features then.
/// </para>
/// </remarks>
internal sealed class NetworkTrainer : ModelTrainer
{
    // As many weights of a first layer as still train in minutes.
    private const int MaxFeatures = 100_000;
    private const int ImageRank = 3;

    private readonly LearningTask task;
    private readonly int seed;
    private readonly FineTuning? tuning;
    private readonly NetworkShape? shape;
    private readonly NetworkTrainingOptions options;

    public NetworkTrainer(TrainingOptions asked, ParameterReader parameters)
    {
        (task, seed, tuning) = (asked.Task, asked.Seed, asked.FineTuning);
        shape = tuning is null ? NetworkShape.Read(parameters) : null;
        if (shape is null)
            NetworkShape.Refuse(parameters);
        options = Options(parameters, seed) with { RunId = asked.RunId };
        if (shape is { Image: null } && options.Augmentation is { NeedsImage: true })
            throw new TrainingDataException("train.parameters.architecture", "must be cnn: images can be shifted, mirrored and blanked");
    }

    public override string Name => "network";

    public override bool UsesValidation => true;

    public override bool TakesWeights => true;

    public override FittedModel Fit(
        FitData train, FitData? validation, FittedModel? chosen, ICheckpointStore? checkpoints, Action<double>? progress, CancellationToken ct)
    {
        if (train.Columns > MaxFeatures)
            throw new TrainingDataException("data.features", $"{train.Columns} features; the network trainer takes at most {MaxFeatures}");
        var subject = shape is not null ? New(shape, train) : Given(GivenNetwork.Read(tuning!), train);
        // Once the number of epochs is chosen on validation rows, all rows are learnt from for as many.
        var plan = chosen is NetworkModel { BestEpoch: var best } ? options with { Epochs = best, Patience = 0 } : options;
        plan = plan with
        {
            Trainable = subject.Given?.Trainable, FrozenStatistics = tuning is { Normalization: not NormalizationTreatment.Train },
            Checkpoints = checkpoints, DatasetVersion = checkpoints is null ? "" : Digest(train),
        };
        var done = 0;
        try
        {
            var trained = NetworkTraining.Run(
                subject.Network, ToExamples(train, subject), validation is null ? null : ToExamples(validation, subject), plan,
                _ => progress?.Invoke((double)++done / plan.Epochs), ct);
            return new NetworkModel(trained, subject, train.ClassCount, train.Values.AsSpan(0, Math.Min(train.Rows, NetworkModel.SampledRows) * train.Columns));
        }
        catch (GradientException e) when (subject.Given is not null)
        {
            throw new TrainingDataException("train.fineTune.model", e.Message);
        }
    }

    private NetworkSubject New(NetworkShape made, FitData train)
    {
        if (made.Image is { } image && image.Aggregate((a, b) => a * b) != train.Columns)
            throw new TrainingDataException("train.parameters.image", $"[{string.Join(", ", image)}] are not {train.Columns} features");
        var network = made.Build(train.Columns, Math.Max(1, train.ClassCount), seed);
        var targets = task == LearningTask.Regression ? TargetScale.Of(train) : TargetScale.None;
        return new NetworkSubject(network, made.Image is null ? [train.Columns] : [.. made.Image.Select(d => (long)d)], Scaling(made, train), targets, null);
    }

    private NetworkSubject Given(GivenNetwork network, FitData train)
    {
        var size = network.Shape.Aggregate((a, b) => a * b);
        if (size != train.Columns)
        {
            throw new TrainingDataException(
                "train.fineTune.model", $"the model takes {size} numbers [{string.Join(", ", network.Shape)}], the data have {train.Columns} features");
        }

        if (network.Outputs != Math.Max(1, train.ClassCount))
        {
            throw new TrainingDataException("train.fineTune.model", train.ClassCount > 0
                ? $"the model tells {network.Outputs} classes apart, the label has {train.ClassCount}; classes are taken in their order"
                : $"the model gives {network.Outputs} numbers; to predict a number it must give one");
        }

        if (options.Augmentation is { NeedsImage: true } && network.Shape.Length != ImageRank)
        {
            throw new TrainingDataException(
                "train.fineTune.model", "the model takes no images [channels, height, width], which alone can be shifted, mirrored and blanked");
        }

        return new NetworkSubject(network.Forward, network.Shape, Standardization.Fit(train.Values, train.Rows, train.Columns), TargetScale.None, network);
    }

    // Pixels keep their proportions: all have one mean and one deviation.
    private static Standardization Scaling(NetworkShape made, FitData train)
    {
        if (made.Image is null)
            return Standardization.Fit(train.Values, train.Rows, train.Columns);
        var all = Standardization.Fit(train.Values, train.Values.Length, 1);
        float[] Same(float value) => [.. Enumerable.Repeat(value, train.Columns)];
        return new Standardization(Same(all.Medians[0]), Same(all.Means[0]), Same(all.InverseDeviations[0]));
    }

    private Examples ToExamples(FitData data, NetworkSubject subject)
    {
        var (values, dimensions, targets) = (subject.Scaled(data.Values), subject.Dimensions, subject.Targets);
        return task == LearningTask.Classification
            ? Examples.OfClasses(values, dimensions, Array.ConvertAll(data.Targets, t => (long)t), data.ClassCount, data.Weights)
            : Examples.OfNumbers(values, dimensions, Array.ConvertAll(data.Targets, targets.Apply), 1, data.Weights);
    }

    // Of what is learnt from: a training is carried on only with the very same.
    private static string Digest(FitData data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(data.Values.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(data.Targets.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(data.Weights.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static NetworkTrainingOptions Options(ParameterReader parameters, int seed)
    {
        var optimizer = new OptimizerSpec
        {
            Kind = parameters.Choice("optimizer", "adam", "adam", "adamw", "sgd", "rmsprop") switch
            {
                "adamw" => OptimizerKind.AdamW, "sgd" => OptimizerKind.Sgd, "rmsprop" => OptimizerKind.RmsProp, _ => OptimizerKind.Adam,
            },
            Momentum = parameters.Number("momentum", 0, 0, 1, mostExcluded: true),
            Nesterov = parameters.Flag("nesterov", false),
            WeightDecay = parameters.Has("weight_decay") ? parameters.Number("weight_decay", 0, 0, 1, mostExcluded: true) : null,
            ClipNorm = parameters.Has("clip_norm") ? parameters.Number("clip_norm", 1, 0, 1e6, leastExcluded: true) : null,
            AverageDecay = parameters.Has("average") ? parameters.Number("average", 0.999, 0, 1, leastExcluded: true, mostExcluded: true) : null,
        };
        parameters.Know("weight_decay");
        parameters.Know("clip_norm");
        parameters.Know("average");
        if (optimizer.Nesterov && optimizer.Momentum == 0)
            throw new TrainingDataException("train.parameters.nesterov", "needs momentum");
        var epsilon = parameters.Number("adversarial_epsilon", 0, 0, 100);
        var (steps, share) = (parameters.Int("adversarial_steps", 7, 1, 100), parameters.Number("adversarial_share", 1, 0, 1, leastExcluded: true));
        return new NetworkTrainingOptions
        {
            Epochs = parameters.Int("epochs", 100, 1, 10_000), Patience = parameters.Int("patience", 10, 0, 10_000),
            BatchSize = parameters.Int("batch_size", 32, 1, 4096), Accumulate = parameters.Int("accumulate", 1, 1, 64), Optimizer = optimizer,
            LearningRate = parameters.Number("learning_rate", optimizer.Kind == OptimizerKind.Sgd ? 0.01 : 1e-3, 0, 10, leastExcluded: true),
            Schedule = new LearningRateSchedule
            {
                Kind = parameters.Choice("schedule", "constant", "constant", "step", "cosine", "one_cycle") switch
                {
                    "step" => ScheduleKind.Step, "cosine" => ScheduleKind.Cosine, "one_cycle" => ScheduleKind.OneCycle, _ => ScheduleKind.Constant,
                },
                WarmUp = parameters.Int("warm_up", 0, 0, 1_000_000), Every = parameters.Int("every", 10, 1, 10_000),
            },
            Augmentation = new Augmentation
            {
                Noise = parameters.Number("noise", 0, 0, 100), Shift = parameters.Int("shift", 0, 0, 64), Flip = parameters.Flag("flip", false),
                Cutout = parameters.Int("cutout", 0, 0, 256), Brightness = parameters.Number("brightness", 0, 0, 100),
                Contrast = parameters.Number("contrast", 0, 0, 1, mostExcluded: true),
            },
            Adversarial = epsilon == 0 ? null : new AdversarialTraining { Epsilon = epsilon, Steps = steps, Share = share },
            CheckpointInterval = TimeSpan.FromSeconds(parameters.Int("checkpoint_seconds", 30, 0, 3600)), CheckpointEvery = 1,
            // The bits shall not depend on the machine's cores.
            Seed = seed, Threads = 1,
        };
    }
}
