using Iml4e.Inference;

namespace Iml4e.Benchmarks;

/// <summary>A model made to cost so much on this machine, and what it was measured to cost.</summary>
/// <param name="Onnx">The model: <see cref="BenchmarkModel.Costly"/>.</param>
/// <param name="Run">Milliseconds of a run of one sample.</param>
/// <param name="PerSample">Milliseconds of each further sample.</param>
internal sealed record CostlyModel(byte[] Onnx, double Run, double PerSample)
{
    private const int Attempts = 8;
    private const int ManySamples = 33;
    private const double Tolerance = 0.1;

    /// <summary>
    /// Makes the model. Its steps are corrected until it costs what is asked for within a tenth, or as nearly as a whole number of steps can come. Other work
    /// on the machine only ever adds time: the cost of a run is the least that it took.
    /// </summary>
    /// <param name="run">Milliseconds of a run of one sample.</param>
    /// <param name="sample">Milliseconds of each further sample; 0 = none that matters.</param>
    public static CostlyModel Of(double run, double sample)
    {
        var (fixedSteps, sampleSteps) = ((int)Math.Ceiling(4 * run), sample > 0 ? 4 : 1);
        CostlyModel? nearest = null;
        for (var i = 0; i < Attempts; i++)
        {
            var model = Measured(BenchmarkModel.Costly(fixedSteps, sampleSteps), sample > 0);
            if (nearest is null || model.Distance(run, sample) < nearest.Distance(run, sample))
                nearest = model;
            if (model.Distance(run, sample) <= Tolerance)
                break;
            if (sample > 0)
                sampleSteps = Corrected(sampleSteps, sample / model.PerSample);
            fixedSteps = Corrected(fixedSteps, run / model.Run);
        }

        return nearest!;
    }

    private static CostlyModel Measured(byte[] onnx, bool samples)
    {
        using var session = ModelSession.Load(onnx);
        var one = Least(session, 1);
        return new CostlyModel(onnx, one, samples ? Math.Max(1e-3, (Least(session, ManySamples) - one) / (ManySamples - 1)) : 0);
    }

    private static double Least(ModelSession session, int samples)
    {
        Tensor[] inputs = [Tensor.FromFloats("x", new float[samples], samples, 1)];
        return Sample.Of(() => session.RunInPlace(inputs).Dispose(), 40).Min;
    }

    private static int Corrected(int steps, double factor) => Math.Max(1, (int)Math.Round(steps * Math.Clamp(factor, 0.1, 10)));

    private double Distance(double run, double sample) =>
        Math.Max(Math.Abs(Run / run - 1), sample > 0 ? Math.Abs(PerSample / sample - 1) : 0);
}
