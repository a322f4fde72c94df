using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Checking;

/// <summary>
/// Checks gradients numerically: directional central differences along the gradient and along random directions, linearity in the cotangent, and the adjoint
/// identity. In double precision where the runtime has all kernels, else in single.
/// </summary>
/// <example><code>var report = GradientCheck.Run(model, new GradientRequest { Wrt = ["image"] });</code></example>
public sealed class GradientCheck
{
    private const string Gradient = "gradient";
    private const string Random = "random";
    private const double Smallest = 1e-6;

    // In double precision rounding is no matter until far smaller steps.
    private const double DoubleStepScale = 1e-3;

    private readonly CheckedModel _model;
    private readonly GradientCheckOptions _options;
    private readonly System.Random _random;
    private readonly CancellationToken _ct;

    private GradientCheck(CheckedModel model, GradientCheckOptions options, System.Random random, CancellationToken ct) =>
        (_model, _options, _random, _ct) = (model, options, random, ct);

    /// <summary>Checks the gradients of a model's outputs, weighted at random.</summary>
    /// <param name="forward">The model.</param>
    /// <param name="request">What to differentiate for; seeds are the model's outputs, whatever it says of a loss.</param>
    /// <param name="options">How thoroughly; null = the defaults.</param>
    /// <param name="ct">Ends the check.</param>
    /// <exception cref="GradientException">The gradients cannot be built.</exception>
    /// <exception cref="InferenceFailedException">The model does not run on the inputs.</exception>
    /// <exception cref="InvalidModelException">The model is none that can be run.</exception>
    public static GradientCheckReport Run(ModelProto forward, GradientRequest request, GradientCheckOptions? options = null, CancellationToken ct = default)
    {
        options ??= new GradientCheckOptions();
        var random = new System.Random(options.Seed);
        using var model = new CheckedModel(forward, request, options.Inputs, options.Settings, random);
        return new GradientCheck(model, options, random, ct).Run(request.Wrt);
    }

    private GradientCheckReport Run(string[] wrt)
    {
        var seeds = _model.Outputs(_ct).ToDictionary(o => o.Key, o => Draw(o.Value.Length), StringComparer.Ordinal);
        var gradients = _model.Gradients(seeds, _ct);
        var differences = new List<DirectionalDifference>();
        foreach (var name in wrt)
        {
            differences.Add(Best(name, Gradient, Unit(gradients[name]), gradients[name], seeds));
            for (var i = 0; i < _options.Directions; i++)
                differences.Add(Best(name, Random, Unit(Draw(gradients[name].Length)), gradients[name], seeds));
        }

        var linearity = Linearity(seeds, gradients);
        var zeros = _model.Gradients(seeds.ToDictionary(s => s.Key, s => new double[s.Value.Length], StringComparer.Ordinal), _ct);
        var zero = zeros.Values.All(g => Array.TrueForAll(g, v => v == 0));
        var passed = differences.TrueForAll(d => d.Passed) && linearity <= _options.LinearityTolerance && zero;
        return new GradientCheckReport(
            _model.Report, _model.IsDouble ? GradPrecision.Float64 : GradPrecision.Float32, differences, linearity, zero,
            Adjoint(seeds, gradients, differences), passed);
    }

    private DirectionalDifference Best(string wrt, string name, double[] direction, double[] gradient, Dictionary<string, double[]> seeds)
    {
        var slope = Dot(gradient, direction);
        var x = _model[wrt];
        var spread = Math.Sqrt(Dot(x, x) / Math.Max(1, x.Length));
        var tolerance = _model.IsDouble ? _options.DoubleTolerance : _options.Tolerance;
        // What a random direction of length 1 has on average; it moves every element by the step, where the gradient's moves few.
        var usual = Math.Sqrt(Dot(gradient, gradient) / Math.Max(1, x.Length));
        var reach = name == Random ? Math.Sqrt(x.Length) : 1;
        var here = Loss(wrt, x, direction, 0, seeds);
        DirectionalDifference? best = null;
        foreach (var relative in _options.Steps)
        {
            var step = relative * (_model.IsDouble ? DoubleStepScale : 1) * (spread > 0 ? spread : 1) * reach;
            var (ahead, behind) = (Loss(wrt, x, direction, step, seeds), Loss(wrt, x, direction, -step, seeds));
            var difference = (ahead - behind) / (2 * step);
            var scale = Math.Max(Math.Max(Math.Abs(difference), Math.Abs(slope)), Math.Max(usual, Smallest));
            var error = Math.Abs(difference - slope) / scale;
            var kink = _model.IsDouble ? 0 : Math.Min(_options.KinkAllowance, Math.Abs(ahead + behind - 2 * here) / (2 * step * scale));
            var passed = error <= tolerance + kink;
            if (best is null || (passed && !best.Passed) || (passed == best.Passed && error < best.RelativeError))
                best = new DirectionalDifference(wrt, name, step, difference, slope, error, passed);
        }

        return best!;
    }

    private double Loss(string wrt, double[] x, double[] direction, double step, Dictionary<string, double[]> seeds)
    {
        var moved = new double[x.Length];
        for (var i = 0; i < moved.Length; i++)
            moved[i] = x[i] + step * direction[i];
        return _model.OutputsWith(wrt, moved, _ct).Sum(o => Dot(o.Value, seeds[o.Key]));
    }

    private double Linearity(Dictionary<string, double[]> seeds, Dictionary<string, double[]> gradients)
    {
        var doubled = _model.Gradients(seeds.ToDictionary(s => s.Key, s => Array.ConvertAll(s.Value, v => 2 * v), StringComparer.Ordinal), _ct);
        return gradients.Max(g => g.Value.Zip(doubled[g.Key], (one, two) => Math.Abs(two - 2 * one)).DefaultIfEmpty(0).Max()
            / Math.Max(2 * g.Value.Select(Math.Abs).DefaultIfEmpty(0).Max(), Smallest));
    }

    // ⟨Ju, v⟩ is what the differences measured, ⟨u, Jᵀv⟩ the slope.
    private static double Adjoint(Dictionary<string, double[]> seeds, Dictionary<string, double[]> gradients, List<DirectionalDifference> differences)
    {
        var cotangent = Math.Sqrt(seeds.Values.Sum(s => Dot(s, s)));
        double Scale(double[] gradient) => Math.Max(Math.Max(Math.Sqrt(Dot(gradient, gradient)), cotangent), Smallest);
        return differences.Max(d => Math.Abs(d.Difference - d.Slope) / Scale(gradients[d.Wrt]));
    }

    private double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * _random.NextDouble() - 1)];

    private static double[] Unit(double[] values)
    {
        var norm = Math.Sqrt(Dot(values, values));
        return norm == 0 ? values : Array.ConvertAll(values, v => v / norm);
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
