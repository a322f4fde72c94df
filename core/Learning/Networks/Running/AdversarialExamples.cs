using Iml4e.Inference;
using Iml4e.Inference.Gradients;

namespace Iml4e.Learning.Networks;

/// <summary>Replaces examples of a batch by adversarial ones, made with the gradient graph of the network that is being trained.</summary>
internal sealed class AdversarialExamples : IDisposable
{
    private const long StartPurpose = 4;
    private const double Reach = 2.5;

    private readonly AdversarialTraining _options;
    private readonly GradientModel _model;
    private readonly ModelSession _session;
    private readonly IStepper _stepper;
    private readonly string _input;
    private readonly TensorBuffer _gradient;
    private readonly Dictionary<(int Parameters, int Statistics, int Batch), BoundRun> _runs = [];
    private readonly float[] _clean;
    private readonly long _seed;

    /// <summary>Prepares the attack.</summary>
    /// <param name="options">What it may do.</param>
    /// <param name="model">The gradient of the loss by the examples; parameters and statistics are inputs.</param>
    /// <param name="input">Name of the input of examples.</param>
    /// <param name="settings">Use of the machine.</param>
    /// <param name="stepper">Whose parameters are attacked, and whose batches.</param>
    /// <param name="seed">Seed of the starting points.</param>
    internal AdversarialExamples(AdversarialTraining options, GradientModel model, string input, SessionSettings settings, IStepper stepper, long seed)
    {
        (_options, _model, _input, _stepper, _seed) = (options, model, input, stepper, seed);
        _session = ModelSession.Load(model.Model, settings);
        _gradient = new TensorBuffer(TensorDatatype.FP32, stepper.Batches[0].Values.Shape);
        _clean = new float[_gradient.ElementCount];
    }

    /// <summary>Replaces the first examples of a batch.</summary>
    /// <param name="batch">Index of its memory.</param>
    /// <param name="number">Number of the batch, for which starting points are drawn.</param>
    /// <param name="ct">Ends the attack.</param>
    internal void Replace(int batch, long number, CancellationToken ct)
    {
        var buffer = _stepper.Batches[batch].Values;
        var rows = buffer.Shape[0];
        var count = (int)(Math.Ceiling(rows * _options.Share) * (buffer.ElementCount / rows));
        var x = buffer.Span<float>()[..count];
        var clean = _clean.AsSpan(0, count);
        x.CopyTo(clean);
        var random = new NetworkRandom(_seed, StartPurpose, number);
        for (var i = 0; i < count; i++)
            x[i] = Within(clean[i] + (float)random.Uniform(-_options.Epsilon, _options.Epsilon), clean[i]);
        var step = (float)(_options.StepSize ?? Reach * _options.Epsilon / _options.Steps);
        var run = Bound(batch);
        for (var k = 0; k < _options.Steps; k++)
        {
            run.Run(ct);
            var slope = _gradient.Span<float>();
            for (var i = 0; i < count; i++)
                x[i] = Within(x[i] + step * Math.Sign(float.IsNaN(slope[i]) ? 0 : slope[i]), clean[i]);
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values)
            run.Dispose();
        _session.Dispose();
        _gradient.Dispose();
    }

    private float Within(float value, float clean) =>
        Math.Clamp(Math.Clamp(value, clean - (float)_options.Epsilon, clean + (float)_options.Epsilon), (float)_options.Low, (float)_options.High);

    private BoundRun Bound(int batch)
    {
        var key = (_stepper.Parameters.Front, _stepper.Statistics.Front, batch);
        if (_runs.TryGetValue(key, out var run))
            return run;
        var memory = _stepper.Batches[batch];
        var inputs = new Dictionary<string, TensorBuffer>(StringComparer.Ordinal)
        {
            [_input] = memory.Values, [_model.LabelInput!] = memory.Targets, [_model.WeightInput!] = memory.Weights,
        };
        foreach (var name in _model.ParamInputs)
            inputs[name] = (_stepper.Parameters.Names.Contains(name) ? _stepper.Parameters : _stepper.Statistics)[name];
        return _runs[key] = _session.Bind(inputs, new Dictionary<string, TensorBuffer> { [_model.GradOutputs[0]] = _gradient });
    }
}
