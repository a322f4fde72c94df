using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>Networks by name, with random weights: input <c>input</c>, output <c>scores</c>.</summary>
public static class Architectures
{
    private const string Input = "input";
    private const string Output = "scores";

    /// <summary>A multilayer perceptron: hidden layers with an activation and dropout, then a linear one.</summary>
    /// <param name="features">Number of features.</param>
    /// <param name="hidden">Units of each hidden layer.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="dropout">Share of the hidden units left out in training.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static ModelProto Perceptron(
        int features, IReadOnlyList<int> hidden, int outputs, Activation activation = Activation.Relu, double dropout = 0, int seed = 0)
    {
        var network = new NetworkBuilder(Input, seed, features);
        for (var i = 0; i < hidden.Count; i++)
            network.Dense($"hidden{i}", hidden[i], activation).Dropout(dropout);
        return network.Dense("output", outputs).Build(Output);
    }

    /// <summary>A small convolutional network: at each stage a 3 × 3 convolution and a 2 × 2 maximum, then a linear layer.</summary>
    /// <param name="image">Channels, height and width.</param>
    /// <param name="stages">Channels of each stage.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="block">What a stage is made of.</param>
    /// <param name="dropout">Share of the features before the linear layer left out in training.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static ModelProto Convolutional(
        IReadOnlyList<long> image, IReadOnlyList<int> stages, int outputs, BlockKind block = BlockKind.Plain, double dropout = 0, int seed = 0)
    {
        var network = new NetworkBuilder(Input, seed, [.. image]);
        for (var i = 0; i < stages.Count; i++)
        {
            switch (block)
            {
                case BlockKind.Plain:
                    network.Convolution($"stage{i}", stages[i], 3, Activation.Relu);
                    break;
                case BlockKind.Residual:
                    Basic(network, $"stage{i}", stages[i], 1);
                    break;
                default:
                    Separable(network, $"stage{i}", stages[i]);
                    break;
            }

            if (network.Shape[1] >= 2 && network.Shape[2] >= 2)
                network.MaxPool(2);
        }

        return network.Flatten().Dropout(dropout).Dense("output", outputs).Build(Output);
    }

    /// <summary>ResNet-18 (He and others, 2016), its weights under the names that torchvision gives them.</summary>
    public static ModelProto ResNet18(int size = 224, int outputs = 1000, int seed = 0)
    {
        var network = new NetworkBuilder(Input, seed, 3, size, size).Convolution("conv1", 64, 7, stride: 2, bias: false).BatchNormalization("bn1", Activation.Relu)
            .MaxPool(3, 2, 1);
        int[] channels = [64, 128, 256, 512];
        for (var stage = 0; stage < channels.Length; stage++)
        {
            Basic(network, $"layer{stage + 1}.0", channels[stage], stage == 0 ? 1 : 2);
            Basic(network, $"layer{stage + 1}.1", channels[stage], 1);
        }

        return network.GlobalAveragePool().Dense("fc", outputs).Build(Output);
    }

    /// <summary>MobileNetV2 (Sandler and others, 2018), its weights under the names that torchvision gives them.</summary>
    public static ModelProto MobileNetV2(int size = 224, int outputs = 1000, int seed = 0)
    {
        var network = new NetworkBuilder(Input, seed, 3, size, size);
        network.Block("features.0", b => b.Convolution("0", 32, 3, stride: 2, bias: false).BatchNormalization("1", Activation.Relu6));
        (int Factor, int Channels, int Count, int Stride)[] stages =
            [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
        var index = 1;
        foreach (var (factor, channels, count, stride) in stages)
        {
            for (var i = 0; i < count; i++, index++)
                Inverted(network, $"features.{index}", factor, channels, i == 0 ? stride : 1);
        }

        network.Block($"features.{index}", b => b.Convolution("0", 1280, 1, bias: false).BatchNormalization("1", Activation.Relu6));
        return network.GlobalAveragePool().Dropout(0.2).Block("classifier", b => b.Dense("1", outputs)).Build(Output);
    }

    // Two convolutions beside a shortcut.
    private static void Basic(NetworkBuilder network, string name, int channels, int stride)
    {
        var same = stride == 1 && network.Channels == channels;
        network.Residual(
            name,
            b => b.Convolution("conv1", channels, 3, stride: stride, bias: false).BatchNormalization("bn1", Activation.Relu)
                .Convolution("conv2", channels, 3, bias: false).BatchNormalization("bn2"),
            same ? null : b => b.Block("downsample", d => d.Convolution("0", channels, 1, stride: stride, bias: false).BatchNormalization("1")),
            Activation.Relu);
    }

    // Each channel by itself, then all of them together.
    private static void Separable(NetworkBuilder network, string name, int channels) => network.Block(
        name,
        b => b.Convolution("depthwise", b.Channels, 3, groups: b.Channels, bias: false).BatchNormalization("bn1", Activation.Relu)
            .Convolution("pointwise", channels, 1, bias: false).BatchNormalization("bn2", Activation.Relu));

    // Wider within than at its ends.
    private static void Inverted(NetworkBuilder network, string name, int factor, int channels, int stride)
    {
        var inputs = network.Channels;
        void Layers(NetworkBuilder outer) => outer.Block("conv", b =>
        {
            var at = 0;
            if (factor > 1)
                b.Block($"{at++}", e => e.Convolution("0", inputs * factor, 1, bias: false).BatchNormalization("1", Activation.Relu6));
            b.Block(
                $"{at++}", d => d.Convolution("0", inputs * factor, 3, stride: stride, groups: inputs * factor, bias: false)
                    .BatchNormalization("1", Activation.Relu6));
            b.Convolution($"{at++}", channels, 1, bias: false).BatchNormalization($"{at}");
        });

        if (stride == 1 && inputs == channels)
            network.Residual(name, Layers);
        else
            network.Block(name, Layers);
    }
}
