using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>A detector of the same architecture with other weights: they begin far from the teacher's and are trained to answer as it does.</summary>
internal static class DistilledDetector
{
    private const int Pictures = 150;
    private const int Epochs = 4;
    private const double Spread = 0.3;

    /// <summary>Trains one.</summary>
    /// <param name="teacher">The detector; one image [1,3,H,W], BGR in [0,1], one output.</param>
    /// <param name="data">Folder with photos/.</param>
    /// <param name="ct">Ends the training.</param>
    public static ModelProto Of(ModelProto teacher, string data, CancellationToken ct)
    {
        var dims = teacher.Graph.Input[0].Type.TensorType.Shape.Dim;
        var shape = new ImageShape(3, (int)dims[2].DimValue, (int)dims[3].DimValue);
        var inputs = PhotoSet.Pictures(data, Pictures, first: 1_000)
            .Select(p => DetectorBenchmark.Sample(p, teacher.Graph.Input[0].Name, shape.Height, shape.Width)).ToList();
        using var session = ModelSession.Load(teacher);
        var answers = inputs.ConvertAll(x => session.Run([x])[0].Span<float>().ToArray());
        var examples = Examples.OfNumbers(
            [.. inputs.SelectMany(x => x.Span<float>().ToArray())], [3, shape.Height, shape.Width], [.. answers.SelectMany(a => a)], answers[0].Length);
        var options = new NetworkTrainingOptions { Epochs = Epochs, LearningRate = 1e-3, Seed = 1 };
        var trained = NetworkTraining.Run(Flat(Shaken(teacher), answers[0].Length), examples, null, options, null, ct).Model;
        var result = teacher;
        foreach (var weight in trained.Graph.Initializer.Where(w => GraphSurgery.FindInitializer(teacher, w.Name) is not null))
            result = GraphSurgery.ReplaceInitializer(result, TensorProtos.Read(weight));
        return result;
    }

    // Each kernel moved at random by a part of its own spread.
    private static ModelProto Shaken(ModelProto model)
    {
        var random = new SampleRandom(SampleRandom.Key(1, "weights"));
        foreach (var tensor in model.Graph.Initializer.Where(t => t.DataType == (int)TensorProto.Types.DataType.Float && t.Dims.Count > 1).ToList())
        {
            var values = TensorProtos.Read(tensor).Span<float>().ToArray();
            var spread = Math.Sqrt(values.Average(v => (double)v * v)) * Spread;
            for (var i = 0; i < values.Length; i++)
                values[i] += (float)(spread * random.NextGaussian());
            model = GraphSurgery.ReplaceInitializer(model, Tensor.FromFloats(tensor.Name, values, [.. tensor.Dims]));
        }

        return model;
    }

    private static ModelProto Flat(ModelProto model, int numbers)
    {
        model = model.Clone();
        var graph = model.Graph;
        graph.Initializer.Add(TensorProtos.Write(Tensor.FromInt64s("flat/shape", [-1L, numbers], 2)));
        graph.Node.Add(new NodeProto { OpType = "Reshape", Name = "flat", Input = { graph.Output[0].Name, "flat/shape" }, Output = { "flat/output" } });
        graph.Output[0] = new ValueInfoProto
        {
            Name = "flat/output",
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor
                {
                    ElemType = (int)TensorProto.Types.DataType.Float,
                    Shape = new TensorShapeProto
                    {
                        Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 }, new TensorShapeProto.Types.Dimension { DimValue = numbers } },
                    },
                },
            },
        };
        return model;
    }
}
