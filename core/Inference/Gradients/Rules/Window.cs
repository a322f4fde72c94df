using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>How the window of a convolution or a pooling moves over the spatial dimensions.</summary>
/// <param name="Kernel">Its size.</param>
/// <param name="Strides">How far it moves.</param>
/// <param name="Dilations">Distance of its elements.</param>
/// <param name="Pads">Padding at the beginnings, then at the ends.</param>
internal sealed record Window(long[] Kernel, long[] Strides, long[] Dilations, long[] Pads)
{
    /// <summary>Number of spatial dimensions.</summary>
    internal int Count => Kernel.Length;

    /// <summary>Whether any dimension is padded.</summary>
    internal bool IsPadded => Array.Exists(Pads, p => p != 0);

    /// <summary>Whether the window moves by more than one.</summary>
    internal bool IsStrided => Array.Exists(Strides, s => s != 1);

    /// <summary>Reads a node's attributes.</summary>
    internal static Window Of(VjpContext n, long[] kernel)
    {
        var ones = Enumerable.Repeat(1L, kernel.Length).ToArray();
        return new Window(kernel, n.Ints("strides") ?? ones, n.Ints("dilations") ?? ones, n.Ints("pads") ?? new long[2 * kernel.Length]);
    }

    /// <summary>Rows that an element of the output reaches over.</summary>
    internal long Reach(int axis) => (Kernel[axis] - 1) * Dilations[axis] + 1;

    /// <summary>What the convolution of an input leaves over at its end, where the window does not reach.</summary>
    internal long LeftOver(int axis, long input, long output) => input - ((output - 1) * Strides[axis] + Reach(axis) - Pads[axis] - Pads[Count + axis]);

    /// <summary>The window as attributes; those that say nothing are left out.</summary>
    internal List<AttributeProto> Attributes(long group, bool padded = true)
    {
        var attributes = new List<AttributeProto>();
        if (Array.Exists(Dilations, d => d != 1))
            attributes.Add(Attr.Ints("dilations", Dilations));
        if (group != 1)
            attributes.Add(Attr.Int("group", group));
        if (padded && IsPadded)
            attributes.Add(Attr.Ints("pads", Pads));
        if (IsStrided)
            attributes.Add(Attr.Ints("strides", Strides));
        return attributes;
    }
}
