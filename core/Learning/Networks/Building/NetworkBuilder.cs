using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>
/// Writes a network layer by layer as an ONNX graph, its weights drawn at random: He's initialisation for convolutions and for layers with an activation.
/// Weights are initialisers NAME.weight and NAME.bias, as PyTorch names and shapes them.
/// </summary>
/// <example>
/// <code>
/// var network = new NetworkBuilder("image", seed: 1, 1, 28, 28)
///     .Convolution("conv1", 16, kernel: 3, Activation.Relu).MaxPool(2).Flatten().Dense("fc", 10).Build("scores");
/// </code>
/// </example>
public sealed class NetworkBuilder
{
    // As the preprocessing that goes before it in a trained model.
    private const int Opset = 17;
    private const float Momentum = 0.9f;
    private const float Epsilon = 1e-5f;

    private readonly GraphBuilder _graph;
    private readonly NetworkRandom _random;
    private readonly string _prefix;
    private string _value;
    private long[] _shape;

    /// <summary>Begins with an input [N, …].</summary>
    /// <param name="input">Name of the input.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="shape">Dimensions of an example: features, or channels, height and width.</param>
    public NetworkBuilder(string input, int seed, params long[] shape)
    {
        _graph = new GraphBuilder("network", Opset);
        _random = new NetworkRandom(seed);
        _value = _graph.Input(input, TensorDatatype.FP32, ["N", .. Array.ConvertAll(shape, d => (Dim)d)]);
        (_shape, _prefix) = (shape, "");
    }

    private NetworkBuilder(NetworkBuilder outer, string prefix) =>
        (_graph, _random, _value, _shape, _prefix) = (outer._graph, outer._random, outer._value, outer._shape, prefix);

    /// <summary>Dimensions of an example behind the layers so far.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Channels, or features, behind the layers so far.</summary>
    public int Channels => (int)_shape[0];

    /// <summary>A layer in which every unit sees all features.</summary>
    /// <param name="name">Name of its weights [units, features].</param>
    /// <param name="units">Number of units.</param>
    /// <param name="activation">What follows.</param>
    public NetworkBuilder Dense(string name, int units, Activation activation = Activation.None)
    {
        if (_shape.Length != 1)
            Flatten();
        var features = _shape[0];
        var weight = activation == Activation.None ? Uniform(name, 1 / Math.Sqrt(features), units, features) : Normal(name, features, units, features);
        _value = _graph.Node("Gemm", [_value, weight, Filled(name + ".bias", 0, units)], [Attr.Int("transB", 1)], output: _prefix + name);
        _shape = [units];
        return Activate(activation);
    }

    /// <summary>A convolution of images.</summary>
    /// <param name="name">Name of its weights [channels, inputs/groups, kernel, kernel].</param>
    /// <param name="channels">Number of channels that come out.</param>
    /// <param name="kernel">Height and width of its window.</param>
    /// <param name="activation">What follows.</param>
    /// <param name="stride">How far the window moves.</param>
    /// <param name="padding">Zeros around the image; null = half the window.</param>
    /// <param name="groups">Groups of channels that do not see each other; as many as channels = depthwise.</param>
    /// <param name="bias">Whether a number is added to each channel; not needed before a normalisation.</param>
    public NetworkBuilder Convolution(
        string name, int channels, int kernel, Activation activation = Activation.None, int stride = 1, int? padding = null, int groups = 1, bool bias = true)
    {
        if (_shape.Length != 3)
            throw new InvalidOperationException($"layer '{name}' needs an image, not [{string.Join(',', _shape)}]");
        var perGroup = _shape[0] / groups;
        if (perGroup * groups != _shape[0] || channels % groups != 0)
            throw new ArgumentException($"layer '{name}': {_shape[0]} channels to {channels} cannot be in {groups} groups", nameof(groups));
        var pad = padding ?? kernel / 2;
        List<string> inputs = [_value, Normal(name, perGroup * kernel * kernel, channels, perGroup, kernel, kernel)];
        if (bias)
            inputs.Add(Filled(name + ".bias", 0, channels));
        var attributes = Window(kernel, stride, pad);
        if (groups > 1)
            attributes.Add(Attr.Int("group", groups));
        _value = _graph.Node("Conv", inputs.ToArray(), attributes.ToArray(), output: _prefix + name);
        _shape = [channels, Moved(_shape[1], kernel, stride, pad), Moved(_shape[2], kernel, stride, pad)];
        return Activate(activation);
    }

    /// <summary>Normalises each channel by the batch's statistics in training and by running ones afterwards: NAME.weight, .bias, .running_mean, .running_var.</summary>
    public NetworkBuilder BatchNormalization(string name, Activation activation = Activation.None)
    {
        string[] inputs =
        [
            _value, Filled(name + ".weight", 1, Channels), Filled(name + ".bias", 0, Channels), Filled(name + ".running_mean", 0, Channels),
            Filled(name + ".running_var", 1, Channels),
        ];
        _value = _graph.Node("BatchNormalization", inputs, [Attr.Float("epsilon", Epsilon), Attr.Float("momentum", Momentum)], output: _prefix + name);
        return Activate(activation);
    }

    /// <summary>The largest of each window.</summary>
    public NetworkBuilder MaxPool(int kernel, int? stride = null, int padding = 0) => Pool("MaxPool", kernel, stride ?? kernel, padding);

    /// <summary>The mean of each window.</summary>
    public NetworkBuilder AveragePool(int kernel, int? stride = null) => Pool("AveragePool", kernel, stride ?? kernel, 0);

    /// <summary>The mean of each channel, as features.</summary>
    public NetworkBuilder GlobalAveragePool()
    {
        _value = _graph.Node("GlobalAveragePool", [_value], output: _prefix + "mean");
        _shape = [_shape[0], 1, 1];
        return Flatten();
    }

    /// <summary>All numbers of an example as features.</summary>
    public NetworkBuilder Flatten()
    {
        _value = _graph.Node("Flatten", [_value], output: _prefix + "flat");
        _shape = [_shape.Aggregate((a, b) => a * b)];
        return this;
    }

    /// <summary>Leaves out a share of the numbers in training, 0 to below 1.</summary>
    public NetworkBuilder Dropout(double ratio)
    {
        if (ratio > 0)
            _value = _graph.Node("Dropout", [_value, _graph.Scalar(_prefix + "ratio", (float)ratio)], output: _prefix + "kept");
        return this;
    }

    /// <summary>An activation.</summary>
    public NetworkBuilder Activate(Activation activation)
    {
        _value = activation switch
        {
            Activation.None => _value,
            Activation.Relu6 => _graph.Node("Clip", [_value, _graph.Scalar(_prefix + "low", 0f), _graph.Scalar(_prefix + "high", 6f)], output: _prefix + "relu6"),
            Activation.Silu => _graph.Node("Mul", [_value, _graph.Node("Sigmoid", [_value], output: _prefix + "sigmoid")], output: _prefix + "silu"),
            _ => _graph.Node(activation.ToString(), [_value], output: _prefix + activation.ToString().ToLowerInvariant()),
        };
        return this;
    }

    /// <summary>Adds what some layers make of a value to the value itself, or to what a shortcut makes of it.</summary>
    /// <param name="name">Prefix of the layers' names.</param>
    /// <param name="body">The layers.</param>
    /// <param name="shortcut">Layers of the other way; null = none.</param>
    /// <param name="activation">What follows.</param>
    public NetworkBuilder Residual(string name, Action<NetworkBuilder> body, Action<NetworkBuilder>? shortcut = null, Activation activation = Activation.None)
    {
        var (one, other) = (new NetworkBuilder(this, $"{_prefix}{name}."), new NetworkBuilder(this, $"{_prefix}{name}."));
        body(one);
        shortcut?.Invoke(other);
        if (!one._shape.SequenceEqual(other._shape))
            throw new InvalidOperationException($"block '{name}' adds [{string.Join(',', one._shape)}] to [{string.Join(',', other._shape)}]");
        _value = _graph.Node("Add", [one._value, other._value], output: $"{_prefix}{name}.sum");
        _shape = one._shape;
        return Activate(activation);
    }

    /// <summary>Layers with a prefix to their names.</summary>
    public NetworkBuilder Block(string name, Action<NetworkBuilder> body)
    {
        var inner = new NetworkBuilder(this, $"{_prefix}{name}.");
        body(inner);
        (_value, _shape) = (inner._value, inner._shape);
        return this;
    }

    /// <summary>The network.</summary>
    /// <param name="output">Name of its output [N, …].</param>
    public ModelProto Build(string output)
    {
        _graph.Output(output, _value, TensorDatatype.FP32, ["N", .. Array.ConvertAll(_shape, d => (Dim)d)]);
        return _graph.Build();
    }

    private NetworkBuilder Pool(string op, int kernel, int stride, int padding)
    {
        _value = _graph.Node(op, [_value], [Attr.Ints("kernel_shape", kernel, kernel), .. Window(kernel, stride, padding)], output: _prefix + "pool");
        _shape = [_shape[0], Moved(_shape[1], kernel, stride, padding), Moved(_shape[2], kernel, stride, padding)];
        return this;
    }

    private static List<AttributeProto> Window(int kernel, int stride, int padding)
    {
        var attributes = new List<AttributeProto>();
        if (padding > 0)
            attributes.Add(Attr.Ints("pads", padding, padding, padding, padding));
        if (stride > 1)
            attributes.Add(Attr.Ints("strides", stride, stride));
        return attributes;
    }

    private static long Moved(long size, int kernel, int stride, int padding) => (size + 2 * padding - kernel) / stride + 1;

    private string Normal(string name, long inputs, params long[] shape) => Draw(name, () => _random.Normal() * Math.Sqrt(2.0 / inputs), shape);

    private string Uniform(string name, double bound, params long[] shape) => Draw(name, () => _random.Uniform(-bound, bound), shape);

    private string Draw(string name, Func<double> draw, long[] shape)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)draw();
        return _graph.Initializer(_prefix + name + ".weight", values, shape);
    }

    private string Filled(string name, float value, int count)
    {
        var values = new float[count];
        Array.Fill(values, value);
        return _graph.Initializer(_prefix + name, values);
    }
}
