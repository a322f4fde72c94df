using System.Security.Cryptography;
using Iml4e.Inference;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>
/// Trains a network, new or given, in ONNX Runtime: forward pass, backward pass and optimiser are one graph, whose parameters stay in memory between runs.
/// What is trained is the model as it was handed in, with other weights. The same examples, options and number of threads give the same bits, also when a
/// training was interrupted and carried on from a checkpoint.
/// </summary>
/// <example>
/// <code>
/// var network = Architectures.Convolutional([1, 28, 28], [16, 32], outputs: 10, seed: 1);
/// var trained = NetworkTraining.Run(network, train, validation, new NetworkTrainingOptions { Epochs = 5 });
/// </code>
/// </example>
public sealed class NetworkTraining
{
    /// <summary>Batches in a row without a finite loss after which a training fails.</summary>
    public const int MostSkipped = 10;

    private readonly ModelProto _forward;
    private readonly Examples? _validation;
    private readonly NetworkTrainingOptions _options;
    private readonly StepperBuilder _builder;
    private readonly IStepper _stepper;
    private readonly AdversarialExamples? _attack;
    private readonly BatchLoader _loader;
    private readonly CheckpointKeeper? _keeper;
    private TrainingState _state;
    private List<Tensor> _best = [];
    private long _keptAt;
    private bool _bestIsKept = true;
    private int _loaded;

    private NetworkTraining(ModelProto forward, Examples train, Examples? validation, NetworkTrainingOptions options)
    {
        (_forward, _validation, _options) = (forward, validation, options);
        _builder = new StepperBuilder(forward, train, options);
        if (_builder.Trainable.Length == 0)
            throw new TrainingDataException("train.parameters.trainable", "the model has no weights that could be trained");
        _stepper = _builder.Build();
        try
        {
            _attack = _builder.BuildAttack(_stepper);
            var batch = _stepper.Batches[0];
            if (batch.Targets.ElementCount != batch.Values.Shape[0] * (train.Kind == TargetKind.Class ? 1 : train.Outputs))
                throw new TrainingDataException("data", $"the model's output does not fit targets of {train.Outputs} numbers");
            _loader = new BatchLoader(train, (int)batch.Values.Shape[0], options.Seed, options.Augmentation);
            _state = Start();
            _keeper = options.Checkpoints is { } store ? new CheckpointKeeper(store) : null;
        }
        catch
        {
            _attack?.Dispose();
            _stepper.Dispose();
            throw;
        }
    }

    /// <summary>Trains.</summary>
    /// <param name="forward">The model: one input [N, …], its first output scores [N, classes] or numbers [N, outputs]; it stays as it is.</param>
    /// <param name="train">What to learn from.</param>
    /// <param name="validation">What to choose the best epoch on; null = the last one is taken.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told each epoch when it is done.</param>
    /// <param name="ct">Ends the training; the last checkpoint stays.</param>
    /// <exception cref="TrainingDataException">Options or data are wrong.</exception>
    /// <exception cref="TrainingException">Losses were no numbers ten times in a row.</exception>
    /// <exception cref="Inference.Gradients.GradientException">The model cannot be differentiated.</exception>
    public static TrainedNetwork Run(
        ModelProto forward, Examples train, Examples? validation, NetworkTrainingOptions options, Action<EpochReport>? progress = null, CancellationToken ct = default)
    {
        options.Check();
        if (train.Count == 0)
            throw new TrainingDataException("data", "there are no examples to train on");
        var training = new NetworkTraining(forward, train, validation is { Count: > 0 } ? validation : null, options);
        try
        {
            return training.Run(progress, ct);
        }
        finally
        {
            training._attack?.Dispose();
            training._stepper.Dispose();
        }
    }

    private TrainedNetwork Run(Action<EpochReport>? progress, CancellationToken ct)
    {
        Resume();
        _keptAt = _options.Time.GetTimestamp();
        var stopped = IsStale();
        while (!stopped && _state.Epoch < _options.Epochs)
        {
            var report = Judge(Epoch(ct));
            progress?.Invoke(report);
            stopped = IsStale();
        }

        var weights = _best.Count > 0 ? _best : Weights();
        return new TrainedNetwork(
            TrainableWeights.Write(_forward, weights), _state.Epochs, _best.Count > 0 ? _state.BestEpoch : _state.Epochs.Count, stopped, _state.Step, _state.Skipped,
            _builder.Trainable, _builder.Graph!.Report, Notes());
    }

    private EpochReport Epoch(CancellationToken ct)
    {
        var started = _options.Time.GetTimestamp();
        _loader.Load(_state.Epoch, _state.BatchCursor, _stepper.Batches[_loaded]);
        while (_state.BatchCursor < _loader.Count)
        {
            var (batch, next) = (_loaded, _state.BatchCursor + 1);
            // While one batch is learnt from the next one is put together.
            var loading = next < _loader.Count ? Task.Run(() => _loader.Load(_state.Epoch, next, _stepper.Batches[1 - batch]), ct) : Task.CompletedTask;
            try
            {
                Learn(batch, ct);
            }
            finally
            {
                loading.GetAwaiter().GetResult();
            }

            _loaded = 1 - batch;
            _state = _state with { BatchCursor = next };
            if (IsDue(next))
                Keep(last: false);
        }

        var seconds = _options.Time.GetElapsedTime(started).TotalSeconds;
        var loss = _state.LossCount == 0 ? double.NaN : _state.LossSum / _state.LossCount;
        return new EpochReport(_state.Epoch + 1, loss, null, null, _state.Lr, seconds);
    }

    private bool IsDue(int next) =>
        _options.CheckpointEvery > 0 && next < _loader.Count && next % (_options.CheckpointEvery * _options.Accumulate) == 0 && !_stepper.IsWithinStep;

    private void Learn(int batch, CancellationToken ct)
    {
        var perEpoch = (_loader.Count + _options.Accumulate - 1L) / _options.Accumulate;
        var at = _state.Epoch * perEpoch + _state.BatchCursor / _options.Accumulate;
        var rate = _options.Schedule.At(_options.LearningRate, at, perEpoch * _options.Epochs, perEpoch);
        _attack?.Replace(batch, _state.Batches, ct);
        var result = _stepper.Step(batch, rate, _state.Step + 1, _state.BatchCursor + 1 == _loader.Count, ct);
        _state = _state with { Batches = _state.Batches + 1, Step = _state.Step + (result.Stepped ? 1 : 0), Lr = rate };
        if (result.IsFinite)
        {
            _state = _state with { LossSum = _state.LossSum + result.Loss, LossCount = _state.LossCount + 1, SkippedInARow = 0 };
            return;
        }

        _state = _state with { Skipped = _state.Skipped + 1, SkippedInARow = _state.SkippedInARow + 1 };
        if (_state.SkippedInARow >= MostSkipped)
        {
            throw new TrainingException(
                "training.diverged", $"loss or gradients were no numbers in {MostSkipped} batches in a row; a lower learning rate or clip_norm may help");
        }
    }

    /// <summary>Validates after an epoch, remembers the best weights and keeps a checkpoint.</summary>
    private EpochReport Judge(EpochReport report)
    {
        if (_validation is not null)
        {
            var evaluation = NetworkEvaluation.Of(TrainableWeights.Write(_forward, Weights()), _validation, _options.Threads);
            report = report with { ValidationLoss = evaluation.Loss, Metric = evaluation.Metric };
        }

        _state = _state with { Epoch = _state.Epoch + 1, BatchCursor = 0, LossSum = 0, LossCount = 0, Epochs = [.. _state.Epochs, report] };
        if (report.ValidationLoss is { } loss && (_state.BestMetric is not { } best || loss < best))
        {
            _best = Weights();
            _state = _state with { BestMetric = loss, BestEpoch = _state.Epoch };
            _bestIsKept = false;
        }

        Keep(_state.Epoch >= _options.Epochs || IsStale());
        return report;
    }

    private bool IsStale() => _options.Patience > 0 && _state.BestMetric is not null && _state.Epoch - _state.BestEpoch >= _options.Patience;

    // What the model shall have: the running mean where one is kept, else the parameters themselves; and the statistics.
    private List<Tensor> Weights()
    {
        var weights = _options.Optimizer.AverageDecay is null
            ? _stepper.Parameters.ToTensors()
            : [.. _stepper.Parameters.Names.Select(n => _stepper.Slots[$"{n}/{OptimizerSpec.AverageSlot}"].ToTensor(n))];
        return [.. weights, .. _stepper.Statistics.ToTensors()];
    }

    private TrainingState Start() => new()
    {
        RunId = _options.RunId, Step = 0, Batches = 0, Epoch = 0, BatchCursor = 0, RngState = _options.Seed, Lr = _options.LearningRate,
        Optimizer = new TrainingState.OptimizerState(_options.Optimizer.Kind, _options.Optimizer), ForwardSha256 = Digest(_forward),
        GradientModelSha256 = Digest(_builder.Graph!.Model), DatasetVersion = _options.DatasetVersion, CreatedUtc = _options.Time.GetUtcNow(),
    };

    private static string Digest(ModelProto model) => Convert.ToHexStringLower(SHA256.HashData(GraphSurgery.Serialize(model)));

    private void Keep(bool last)
    {
        if (_keeper is null || (!last && _options.Time.GetElapsedTime(_keptAt) < _options.CheckpointInterval))
            return;
        if (!_bestIsKept)
            _state = _state with { BestStep = _state.Batches };
        _bestIsKept = true;
        _keeper.Keep(_state with { CreatedUtc = _options.Time.GetUtcNow() }, [.. _stepper.Parameters.ToTensors(), .. _stepper.Statistics.ToTensors()],
            _stepper.Slots.ToTensors(), _best);
        _keptAt = _options.Time.GetTimestamp();
    }

    private void Resume()
    {
        if (_keeper?.Last(_state) is not { } last)
            return;
        var names = _stepper.Parameters.Names.ToHashSet(StringComparer.Ordinal);
        _stepper.Parameters.Set(last.Parameters.Where(p => names.Contains(p.Name)));
        _stepper.Statistics.Set(last.Parameters.Where(p => !names.Contains(p.Name)));
        _stepper.Slots.Set(last.Optimizer);
        (_state, _best) = (last.State, [.. last.Best]);
    }

    private List<string> Notes()
    {
        var normalised = _forward.Graph.Node.Any(n => n.OpType == "BatchNormalization");
        return
        [
            !normalised ? "The model has no batch normalisation (exporters fold it into convolutions): it is trained without."
            : _options.FrozenStatistics ? "Batch normalisation keeps the statistics that it had; its scales and shifts are trained where they are trainable."
            : "Batch normalisation is trained; its running statistics follow ONNX: running·momentum + batch·(1-momentum), with the biased variance.",
        ];
    }
}
