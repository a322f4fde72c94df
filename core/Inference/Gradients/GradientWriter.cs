using Iml4e.Inference.Gradients.Losses;
using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients;

/// <summary>The steps after normalisation: shapes, loss, reverse walk, interface.</summary>
internal sealed class GradientWriter(GradientTask task)
{
    private const long MaximumFoldedBytes = 64L << 20;
    private const long MaximumBackwardFoldedBytes = 64L << 10;
    private const int MaximumKnownElements = 4096;

    private readonly WorkingGraph _graph = task.Graph;
    private readonly GradientRequest _request = task.Request;
    private readonly List<string> _seedInputs = [];

    internal GradientModel Write()
    {
        var facts = ShapeProbe.Run(_graph, _request.ShapeHints);
        ExplicitPadding.Apply(_graph, facts);
        if (ShapeConstants.Apply(_graph, facts))
            ConstantFolding.Apply(_graph, task.Variables, MaximumFoldedBytes);
        var masks = _request is { TrainingMode: true, MaskInputs: true } ? MaskStep.Apply(_graph, facts) : [];
        var forwardNodes = _graph.Graph.Node.Count;
        var emitter = new GraphEmitter(_graph, facts);
        var ports = new GraphPorts(_graph, emitter);
        Know(emitter, facts);

        (Term? loss, var weightInput) = _request.Seed == SeedMode.Loss ? Loss(emitter, ports) : default;
        var seeds = loss is { } value ? [new(value.Name, Seed(value))] : task.Seeds.Select(s => KeyValuePair.Create(s, ExternalSeed(emitter, ports, s))).ToList();
        var pass = new BackwardPass(_graph, emitter, _request);
        pass.Run(Coverage.Of(_graph, task.Wrt, seeds.Select(s => s.Key)).Reach, seeds);

        var kept = _request.KeepForwardOutputs ? _graph.Graph.Output.ToList() : [];
        _graph.Graph.Output.Clear();
        _graph.Graph.Output.AddRange(kept);
        var lossName = loss is { } term ? ports.Output(term, "loss") : null;
        var gradients = task.Wrt.Select(w => Gradient(pass, w)).ToArray();
        Term[] sums = [];
        if (_request.Accumulate)
        {
            sums = [.. task.Wrt.Select(w => ports.Input("sum_" + w, facts[w]))];
            gradients = [.. gradients.Zip(sums, (g, s) => s + g)];
        }

        var step = _request.Optimizer is { } optimizer
            ? new OptimizerGraph(emitter, optimizer, ports.Input, ports.Output).Write([.. task.Wrt.Select((w, i) => (emitter.Value(w), gradients[i]))])
            : null;
        var names = step is null ? task.Wrt.Select((w, i) => ports.Output(gradients[i], "grad_" + w)).ToArray() : [];
        var states = task.Statistics.Select(s => s.After).ToArray();
        foreach (var state in states.Where(s => kept.All(k => k.Name != s)))
            _graph.Graph.Output.Add(GraphPorts.Describe(state, facts[state]));
        return Finish(pass, names, states, forwardNodes, facts) with
        {
            LossOutput = lossName, LabelInput = lossName is null ? null : _request.Loss!.LabelInput, WeightInput = weightInput, Masks = masks, Step = step,
            SumInputs = Array.ConvertAll(sums, s => s.Name),
        };
    }

    private void Know(GraphEmitter emitter, Dictionary<string, TensorFact> facts)
    {
        foreach (var tensor in _graph.Graph.Initializer)
        {
            if (!facts.ContainsKey(tensor.Name))
                facts[tensor.Name] = new TensorFact((DataType)tensor.DataType, [.. tensor.Dims.Select(d => (Extent)d)]);
            if (!task.Variables.Contains(tensor.Name) && (DataType)tensor.DataType is not DataType.String
                && ShapeMath.TryCount(tensor.Dims.ToArray()) is >= 0 and <= MaximumKnownElements
                && TensorDatatypes.TryFromOnnx(tensor.DataType, out _))
                emitter.Know(tensor.Name, TensorProtos.Read(tensor).ToDoubles());
        }
    }

    private (Term? Loss, string? WeightInput) Loss(GraphEmitter emitter, GraphPorts ports)
    {
        var spec = _request.Loss!;
        var output = emitter.Value(task.Seeds[0]);
        if (!output.Fact.IsReal)
            throw new GradientRequestException("loss.output", $"output {PublicText.Name(output.Name)} is of {output.Fact.Type}; a loss needs real numbers");
        RequireFree(spec.LabelInput, "loss.labelInput");
        var labels = ports.Input(spec.LabelInput, LossGraph.Labels(spec, output));
        if (spec.SampleWeightInput is not { } wanted)
            return (LossGraph.Write(spec, output, labels), null);
        RequireFree(wanted, "loss.sampleWeightInput");
        return (LossGraph.Write(spec, output, labels, ports.Input(wanted, new TensorFact(output.Fact.Type, [output.Shape[0]]))), wanted);
    }

    private void RequireFree(string name, string field)
    {
        if (_graph.IsTaken(name))
            throw new GradientRequestException(field, $"the model has a value {PublicText.Name(name)} already; choose another name");
    }

    // A loss for each sample counts each once.
    private static Term Seed(Term loss) => loss.Rank == 0 ? loss.Like(1) : Shaping.Filled(loss.ShapeVector(), 1, loss.Fact);

    private Term ExternalSeed(GraphEmitter emitter, GraphPorts ports, string tensor)
    {
        var fact = emitter.Fact(tensor);
        if (!fact.IsReal)
            throw new GradientRequestException("seedTensors", $"{PublicText.Name(tensor)} is of {fact.Type}; only real numbers have cotangents");
        var seed = ports.Input("dY_" + tensor, fact);
        _seedInputs.Add(seed.Name);
        return seed;
    }

    private Term Gradient(BackwardPass pass, string name)
    {
        if (pass.Cotangent(name) is { } gradient)
            return gradient;
        var wrt = pass.Emitter.Value(name);
        return _request.AllowZero ? wrt.ZerosLike(wrt.Fact.Type) : throw task.NoWay(name);
    }

    private GradientModel Finish(BackwardPass pass, string[] gradients, string[] states, int forwardNodes, Dictionary<string, TensorFact> facts)
    {
        var outputs = _graph.Graph.Output.Select(o => o.Name).ToList();
        DeadNodes.Remove(_graph, outputs);
        var parameters = TakeParameters(facts);
        ConstantFolding.Apply(_graph, task.Variables, MaximumBackwardFoldedBytes);
        DeadNodes.Remove(_graph, outputs);
        var (model, states0) = (_graph.Model, task.Statistics.Select(s => s.Before).ToHashSet(StringComparer.Ordinal));
        model.ProducerName = "Iml4e.Serverless";
        model.ProducerVersion = "";
        var report = new CoverageReport(
            forwardNodes, Math.Max(0, _graph.Graph.Node.Count - forwardNodes), [.. task.Coverage.Steps], [],
            [.. pass.StraightThrough.Order(StringComparer.Ordinal)]);
        return new GradientModel(model, gradients, [.. parameters.Select(p => p.Name).Where(p => !states0.Contains(p))], states, report)
        {
            SeedInputs = [.. _seedInputs], Parameters = parameters, StateInputs = [.. task.Statistics.Select(s => s.Before)],
        };
    }

    private List<Tensor> TakeParameters(Dictionary<string, TensorFact> facts)
    {
        var stored = _graph.Initializers();
        var wrt = _request.TrainingMode ? task.Wrt : [];
        var taken = wrt.Concat(task.Opened).Concat(task.Statistics.Select(s => s.Before)).Distinct(StringComparer.Ordinal).Where(stored.ContainsKey).ToList();
        var result = taken.ConvertAll(name => TensorProtos.Read(stored[name]));
        foreach (var name in taken)
        {
            _graph.Graph.Initializer.Remove(stored[name]);
            _graph.Graph.Input.Add(GraphPorts.Describe(name, facts[name]));
        }

        return result;
    }
}
