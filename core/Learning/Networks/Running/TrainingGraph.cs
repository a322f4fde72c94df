using Iml4e.Inference;
using Iml4e.Inference.Gradients;

namespace Iml4e.Learning.Networks;

/// <summary>A gradient graph with its session and all memory that a run of it reads or writes.</summary>
internal sealed class TrainingGraph : IDisposable
{
    private const long MaskPurpose = 3;

    private readonly ModelSession _session;
    private readonly Dictionary<(int Parameters, int Statistics, int Sums, int Batch), BoundRun> _runs = [];
    private readonly Dictionary<string, TensorBuffer> _masks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorBuffer> _numbers = new(StringComparer.Ordinal);
    private readonly TwoSided? _sums;
    private readonly long _seed;

    /// <summary>Loads the graph.</summary>
    /// <param name="model">The graph, for batches of a fixed size.</param>
    /// <param name="input">Name of the input of examples.</param>
    /// <param name="settings">Use of the machine.</param>
    /// <param name="sums">Gradients added up; null when the graph takes the step itself.</param>
    /// <param name="seed">Seed of dropout's masks.</param>
    internal TrainingGraph(GradientModel model, string input, SessionSettings settings, TwoSided? sums, long seed)
    {
        (Model, Input, _sums, _seed) = (model, input, sums, seed);
        _session = ModelSession.Load(model.Model, settings);
        var statistics = model.StateInputs.ToHashSet(StringComparer.Ordinal);
        Parameters = new TwoSided(model.Parameters.Where(p => !statistics.Contains(p.Name)));
        Statistics = new TwoSided(model.Parameters.Where(p => statistics.Contains(p.Name)));
        var kept = model.Step?.Updates.SelectMany(u => u.States.Select(s => SlotStart(s.Slot, u.Parameter, s.Name))) ?? [];
        Slots = new TwoSided(kept);
        Batches = [NewBatch(), NewBatch()];
        foreach (var mask in model.Masks)
            _masks[mask.Input] = new TensorBuffer(TensorDatatype.Bool, mask.Shape);
        foreach (var name in new[] { model.LossOutput, model.Step?.NormOutput, model.Step?.RateInput, model.Step?.StepInput }.OfType<string>())
            _numbers[name] = new TensorBuffer(TensorDatatype.FP32);
    }

    /// <summary>The graph.</summary>
    internal GradientModel Model { get; }

    /// <summary>Name of the input of examples.</summary>
    internal string Input { get; }

    /// <summary>The parameters.</summary>
    internal TwoSided Parameters { get; }

    /// <summary>What the optimiser keeps.</summary>
    internal TwoSided Slots { get; }

    /// <summary>Running statistics.</summary>
    internal TwoSided Statistics { get; }

    /// <summary>Memory for batches.</summary>
    internal IReadOnlyList<BatchBuffers> Batches { get; }

    /// <summary>Runs the graph; the sides are as they were.</summary>
    /// <param name="batch">Index of the batch's memory.</param>
    /// <param name="rate">Learning rate, if the graph takes the step.</param>
    /// <param name="step">Number of the step.</param>
    /// <param name="draw">Number of the batch, for which the masks are drawn.</param>
    /// <param name="ct">Ends the run.</param>
    /// <returns>The loss, and the norm if the graph takes the step.</returns>
    internal (double Loss, double Norm) Run(int batch, double rate, long step, long draw, CancellationToken ct)
    {
        if (Model.Step is { } taken)
        {
            Number(taken.RateInput) = (float)rate;
            if (taken.StepInput is { } number)
                Number(number) = step;
        }

        Draw(draw);
        Bound(batch).Run(ct);
        return (Number(Model.LossOutput!), Model.Step is null ? 0 : Number(Model.Step.NormOutput));
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values)
            run.Dispose();
        _session.Dispose();
        foreach (var buffer in _masks.Values.Concat(_numbers.Values))
            buffer.Dispose();
        foreach (var batch in Batches)
            batch.Dispose();
        Parameters.Dispose();
        Slots.Dispose();
        Statistics.Dispose();
    }

    /// <summary>What an optimiser begins with: zeros, or for a mean of the parameter the parameter.</summary>
    internal static Tensor SlotStart(string slot, Tensor parameter, string name) =>
        slot == Inference.Gradients.Optimizers.OptimizerSpec.AverageSlot
            ? parameter.WithName(name)
            : new Tensor(name, parameter.Datatype, parameter.Shape, new byte[parameter.Data.Length]);

    private Tensor SlotStart(string slot, string parameter, string name) => SlotStart(slot, Model.Parameters.First(p => p.Name == parameter), name);

    private ref float Number(string name) => ref _numbers[name].Span<float>()[0];

    // Bits of one word decide over several elements at once: a sixteenth of a share is as fine as anybody sets it.
    private void Draw(long number)
    {
        for (var i = 0; i < Model.Masks.Count; i++)
        {
            var (random, keep) = (new NetworkRandom(_seed, MaskPurpose, number, i), Model.Masks[i].Keep);
            var threshold = (ulong)(keep * (1UL << 16));
            var elements = _masks[Model.Masks[i].Input].Span<byte>();
            ulong bits = 0;
            for (var k = 0; k < elements.Length; k++)
            {
                bits = k % 4 == 0 ? random.Bits() : bits >> 16;
                elements[k] = (bits & 0xFFFF) < threshold ? (byte)1 : (byte)0;
            }
        }
    }

    private BoundRun Bound(int batch)
    {
        var key = (Parameters.Front, Statistics.Front, _sums?.Front ?? 0, batch);
        if (_runs.TryGetValue(key, out var run))
            return run;
        var inputs = new Dictionary<string, TensorBuffer>(StringComparer.Ordinal)
        {
            [Input] = Batches[batch].Values, [Model.LabelInput!] = Batches[batch].Targets, [Model.WeightInput!] = Batches[batch].Weights,
        };
        var outputs = new Dictionary<string, TensorBuffer>(StringComparer.Ordinal) { [Model.LossOutput!] = _numbers[Model.LossOutput!] };
        foreach (var (name, mask) in _masks)
            inputs[name] = mask;
        foreach (var name in Parameters.Names)
            inputs[name] = Parameters[name];
        for (var i = 0; i < Model.StateInputs.Length; i++)
        {
            inputs[Model.StateInputs[i]] = Statistics[Model.StateInputs[i]];
            outputs[Model.StateOutputs[i]] = Statistics.At(Model.StateInputs[i], 1 - Statistics.Front);
        }

        for (var i = 0; i < Model.GradOutputs.Length; i++)
        {
            inputs[Model.SumInputs[i]] = _sums!.At(Model.SumInputs[i], _sums.Front);
            outputs[Model.GradOutputs[i]] = _sums.At(Model.SumInputs[i], 1 - _sums.Front);
        }

        if (Model.Step is { } step)
            BindStep(step, inputs, outputs);
        return _runs[key] = _session.Bind(inputs, outputs);
    }

    private void BindStep(Inference.Gradients.Optimizers.OptimizerStep step, Dictionary<string, TensorBuffer> inputs, Dictionary<string, TensorBuffer> outputs)
    {
        inputs[step.RateInput] = _numbers[step.RateInput];
        outputs[step.NormOutput] = _numbers[step.NormOutput];
        if (step.StepInput is { } number)
            inputs[number] = _numbers[number];
        foreach (var update in step.Updates)
        {
            outputs[update.Updated] = Parameters.At(update.Parameter, 1 - Parameters.Front);
            foreach (var state in update.States)
            {
                inputs[state.Name] = Slots[state.Name];
                outputs[state.Updated] = Slots.At(state.Name, 1 - Slots.Front);
            }
        }
    }

    private BatchBuffers NewBatch()
    {
        TensorBuffer Buffer(string name)
        {
            var declared = _session.Metadata.Input(name)!;
            return new TensorBuffer(declared.Datatype, declared.Shape);
        }

        return new BatchBuffers(Buffer(Input), Buffer(Model.LabelInput!), Buffer(Model.WeightInput!));
    }
}
