using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>The network that the trainer <c>network</c> builds.</summary>
/// <param name="Hidden">Units of a perceptron's hidden layers.</param>
/// <param name="Activation">Their activation.</param>
/// <param name="Image">Channels, height and width of the pixels; null of a perceptron.</param>
/// <param name="Channels">Channels of a convolutional network's stages.</param>
/// <param name="Block">What they are made of.</param>
/// <param name="Dropout">Share left out in training.</param>
internal sealed record NetworkShape(
    IReadOnlyList<int> Hidden, Activation Activation, IReadOnlyList<int>? Image, IReadOnlyList<int> Channels, BlockKind Block, double Dropout)
{
    /// <summary>Reads the parameters.</summary>
    /// <exception cref="TrainingDataException">One is wrong.</exception>
    internal static NetworkShape Read(ParameterReader parameters)
    {
        var convolutional = parameters.Choice("architecture", "mlp", "mlp", "cnn") == "cnn";
        var image = parameters.Ints("image", [], 3, 3, 1, 4096);
        if (convolutional != image.Count > 0)
        {
            throw new TrainingDataException(
                "train.parameters.image", convolutional ? "is needed: [channels, height, width] of the columns in their order" : "goes with architecture cnn");
        }

        return new NetworkShape(
            parameters.Ints("hidden", [64, 32], 0, 16, 1, 4096),
            parameters.Choice("activation", "relu", "relu", "silu", "tanh") switch { "silu" => Activation.Silu, "tanh" => Activation.Tanh, _ => Activation.Relu },
            convolutional ? image : null,
            parameters.Ints("channels", [16, 32], 1, 8, 1, 1024),
            parameters.Choice("block", "plain", "plain", "residual", "depthwise") switch
            {
                "residual" => BlockKind.Residual, "depthwise" => BlockKind.Depthwise, _ => BlockKind.Plain,
            },
            parameters.Number("dropout", 0, 0, 0.95));
    }

    /// <summary>Refuses the parameters of a new network where one is given.</summary>
    /// <exception cref="TrainingDataException">There is one.</exception>
    internal static void Refuse(ParameterReader parameters)
    {
        if (Array.Find(["architecture", "hidden", "activation", "image", "channels", "block", "dropout"], parameters.Has) is { } name)
            throw new TrainingDataException("train.parameters." + name, "belongs to a new network; train.fineTune gives one");
    }

    /// <summary>The network, untrained.</summary>
    internal ModelProto Build(int features, int outputs, int seed) => Image is { } image
        ? Architectures.Convolutional([.. image.Select(d => (long)d)], Channels, outputs, Block, Dropout, seed)
        : Architectures.Perceptron(features, Hidden, outputs, Activation, Dropout, seed);
}
