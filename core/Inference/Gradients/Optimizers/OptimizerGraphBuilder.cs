using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>Writes an optimiser's step as a graph of its own, for gradients that were added up over several batches.</summary>
public static class OptimizerGraphBuilder
{
    /// <summary>Writes the step.</summary>
    /// <param name="parameters">Names and shapes of the parameters; FP32.</param>
    /// <param name="spec">The optimiser.</param>
    /// <param name="batches">Number of batches whose gradients were added up; they are divided by it.</param>
    /// <exception cref="GradientRequestException">The optimiser's constants make no sense.</exception>
    public static UpdateModel Build(IReadOnlyList<(string Name, long[] Shape)> parameters, OptimizerSpec spec, int batches = 1)
    {
        spec.Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(batches, 1);
        var model = new ModelProto { IrVersion = 9, ProducerName = "Iml4e.Serverless", Graph = new GraphProto { Name = "update" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = OpsetUplift.Target });
        var graph = new WorkingGraph(model);
        var emitter = new GraphEmitter(graph, new Dictionary<string, TensorFact>(StringComparer.Ordinal));
        var ports = new GraphPorts(graph, emitter);
        var gradients = parameters.Select(p =>
        {
            var fact = new TensorFact(TensorProto.Types.DataType.Float, Array.ConvertAll(p.Shape, d => (Extent)d));
            return (Parameter: ports.Input(p.Name, fact), Gradient: ports.Input("grad_" + p.Name, fact));
        }).ToList();
        var step = new OptimizerGraph(emitter, spec, ports.Input, ports.Output).Write([.. gradients.Select(g => (g.Parameter, g.Gradient / batches))]);
        return new UpdateModel(graph.Model, [.. gradients.Select(g => g.Gradient.Name)], step);
    }
}
