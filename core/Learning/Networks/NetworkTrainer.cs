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
/// <c>adversarial_epsilon</c>, <c>adversarial_steps</c> (7), <c>adversarial_share</c> (1).
/// </remarks>
internal sealed class NetworkTrainer : ModelTrainer
{
    // As many weights of a first layer as still train in minutes.
    private const int MaxFeatures = 100_000;

    private readonly LearningTask task;
    private readonly int seed;
    private readonly NetworkShape shape;
    private readonly NetworkTrainingOptions options;

    public NetworkTrainer(LearningTask task, int seed, ParameterReader parameters)
    {
        (this.task, this.seed) = (task, seed);
        shape = NetworkShape.Read(parameters);
        options = Options(parameters, seed);
        if (shape.Image is null && options.Augmentation is { NeedsImage: true })
            throw new TrainingDataException("train.parameters.architecture", "must be cnn: images can be shifted, mirrored and blanked");
    }

    public override string Name => "network";

    public override bool UsesValidation => true;

    public override bool TakesWeights => true;

    public override FittedModel Fit(FitData train, FitData? validation, FittedModel? chosen, Action<double>? progress, CancellationToken ct)
    {
        if (train.Columns > MaxFeatures)
            throw new TrainingDataException("data.features", $"{train.Columns} features; the network trainer takes at most {MaxFeatures}");
        if (shape.Image is { } image && image.Aggregate((a, b) => a * b) != train.Columns)
            throw new TrainingDataException("train.parameters.image", $"[{string.Join(", ", image)}] are not {train.Columns} features");
        var scaling = Scaling(train);
        var targets = task == LearningTask.Regression ? TargetScale.Of(train) : TargetScale.None;
        var model = shape.Build(train.Columns, Math.Max(1, train.ClassCount), seed);
        // Once the number of epochs is chosen on validation rows, all rows are learnt from for as many.
        var plan = chosen is NetworkModel { BestEpoch: var best } ? options with { Epochs = best, Patience = 0 } : options;
        var done = 0;
        var trained = NetworkTraining.Run(
            model, ToExamples(train, scaling, targets), validation is null ? null : ToExamples(validation, scaling, targets), plan,
            _ => progress?.Invoke((double)++done / plan.Epochs), ct);
        return new NetworkModel(trained, scaling, targets, train.ClassCount, shape.Image, train.Values.AsSpan(0, Math.Min(train.Rows, NetworkModel.SampledRows) * train.Columns));
    }

    // Pixels keep their proportions: all have one mean and one deviation.
    private Standardization Scaling(FitData train)
    {
        if (shape.Image is null)
            return Standardization.Fit(train.Values, train.Rows, train.Columns);
        var all = Standardization.Fit(train.Values, train.Values.Length, 1);
        float[] Same(float value) => [.. Enumerable.Repeat(value, train.Columns)];
        return new Standardization(Same(all.Medians[0]), Same(all.Means[0]), Same(all.InverseDeviations[0]));
    }

    private Examples ToExamples(FitData data, Standardization scaling, TargetScale targets)
    {
        var values = NetworkModel.Scaled(scaling, data.Values);
        long[] dimensions = shape.Image is { } image ? [.. image.Select(d => (long)d)] : [data.Columns];
        return task == LearningTask.Classification
            ? Examples.OfClasses(values, dimensions, Array.ConvertAll(data.Targets, t => (long)t), data.ClassCount, data.Weights)
            : Examples.OfNumbers(values, dimensions, Array.ConvertAll(data.Targets, targets.Apply), 1, data.Weights);
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
            // The bits shall not depend on the machine's cores.
            Seed = seed, Threads = 1,
        };
    }
}
