using System.Text.Json;
using Iml4e.Inference;

namespace Iml4e.Learning;

/// <summary>Finds out which of a model's outputs is what, and collects them over the chunks.</summary>
/// <remarks>By name first (prediction, label, probabilities); for models of others by type: whole numbers or texts [N] are labels, floating-point [N] or [N,1]
/// is a number a row, [N,C] are probabilities, or scores that a softmax makes into such.</remarks>
internal sealed class OutputReader
{
    private readonly string? labelOutput;
    private readonly string? numberOutput;
    private readonly int rows;
    private readonly string[]? classes;
    private string[]? labels;
    private double[]? values;
    private double[,]? scores;

    public OutputReader(ModelMetadata metadata, int rows)
    {
        this.rows = rows;
        var numbers = metadata.Outputs.Where(o => o.Datatype is TensorDatatype.FP32 or TensorDatatype.FP64 or TensorDatatype.FP16).ToArray();
        numberOutput = Named(numbers, "prediction") ?? Named(numbers, "probabilities") ?? (numbers.Length > 0 ? numbers[0].Name : null);
        var texts =
            metadata.Outputs.Where(o => o.Datatype is TensorDatatype.Int64 or TensorDatatype.Int32 or TensorDatatype.Bytes && o.Shape.Length <= 2).ToArray();
        labelOutput = numberOutput == "prediction" ? null : Named(texts, "label") ?? Named(texts, "output_label") ?? (texts.Length == 1 ? texts[0].Name : null);
        if (numberOutput is null && labelOutput is null)
            throw new TrainingDataException("model.outputs",
                $"none of the outputs {string.Join(", ", metadata.Outputs.Select(o => $"{o.Name} {o.Datatype.ToWire()}[{string.Join(',', o.Shape)}]"))} is a number, a label or a list of probabilities a row");
        Wanted = [.. new[] { labelOutput, numberOutput }.Where(o => o is not null).Select(o => o!)];
        classes = metadata.Properties.TryGetValue("iml4e.classes", out var json) ? JsonSerializer.Deserialize<string[]>(json) : null;
    }

    /// <summary>Outputs to ask for.</summary>
    public IReadOnlyList<string> Wanted { get; }

    /// <summary>Takes the answers for rows [start, start + count).</summary>
    public void Add(IReadOnlyList<Tensor> answers, int start, int count)
    {
        foreach (var answer in answers)
        {
            if (answer.Name == labelOutput)
            {
                CheckRows(answer, count, 1);
                labels ??= new string[rows];
                answer.ToStrings().CopyTo(labels, start);
                continue;
            }
            var width = count == 0 ? 0 : (int)(answer.ElementCount / count);
            CheckRows(answer, count, width);
            var numbers = answer.ToDoubles();
            if (width == 1 && answer.Name != "probabilities")
            {
                values ??= new double[rows];
                numbers.CopyTo(values, start);
                continue;
            }
            scores ??= new double[rows, width];
            if (scores.GetLength(1) != width)
                throw new TrainingDataException("model.outputs", $"output '{answer.Name}' has {width} numbers a row here and {scores.GetLength(1)} before");
            for (var i = 0; i < numbers.Length; i++)
                scores[start + (i / width), i % width] = numbers[i];
        }
    }

    public Predictions ToPredictions()
    {
        if (scores is null)
            return new Predictions(values, labels, null, labels is null ? null : classes);
        var width = scores.GetLength(1);
        var names = classes is not null && classes.Length == width
            ? classes
            : [.. Enumerable.Range(0, width).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        if (!AreProbabilities(scores))
            SoftMax(scores);
        if (labels is null)
        {
            labels = new string[rows];
            for (var r = 0; r < rows; r++)
            {
                var best = 0;
                for (var c = 1; c < width; c++)
                    if (scores[r, c] > scores[r, best])
                        best = c;
                labels[r] = names[best];
            }
        }
        return new Predictions(null, labels, scores, names);
    }

    private static string? Named(TensorMetadata[] outputs, string name) => outputs.FirstOrDefault(o => o.Name == name)?.Name;

    private static void CheckRows(Tensor answer, int count, int width)
    {
        if (width < 1 || answer.ElementCount != (long)count * width)
            throw new TrainingDataException("model.outputs", $"output '{answer.Name}' gave {answer.ElementCount} values for {count} rows");
    }

    private static bool AreProbabilities(double[,] scores)
    {
        for (var r = 0; r < scores.GetLength(0); r++)
        {
            var sum = 0.0;
            for (var c = 0; c < scores.GetLength(1); c++)
            {
                if (scores[r, c] is < -1e-6 or > 1 + 1e-6)
                    return false;
                sum += scores[r, c];
            }
            if (Math.Abs(sum - 1) > 1e-3)
                return false;
        }
        return true;
    }

    private static void SoftMax(double[,] scores)
    {
        for (var r = 0; r < scores.GetLength(0); r++)
        {
            var top = double.NegativeInfinity;
            for (var c = 0; c < scores.GetLength(1); c++)
                top = Math.Max(top, scores[r, c]);
            var sum = 0.0;
            for (var c = 0; c < scores.GetLength(1); c++)
                sum += scores[r, c] = Math.Exp(scores[r, c] - top);
            for (var c = 0; c < scores.GetLength(1); c++)
                scores[r, c] /= sum;
        }
    }
}
