using Iml4e.Inference;

namespace Iml4e.Functions.Monitoring;

/// <summary>One column of a model's inputs: an element of each row of a tensor.</summary>
/// <param name="Name">The input's name, with the place in brackets where the input has several columns.</param>
/// <param name="Input">The input.</param>
/// <param name="Place">Place in the row.</param>
/// <param name="Width">Elements in a row.</param>
/// <param name="IsText">Whether the values are names, not numbers.</param>
internal sealed record InputColumn(string Name, string Input, int Place, int Width, bool IsText)
{
    private const string History = "_history";
    private const int Widest = 64;

    /// <summary>
    /// The columns of an input. A history repeats one column row by row, so that its newest value stands for it; an input of more than 64 elements a row, such as
    /// an image, has none.
    /// </summary>
    public static IEnumerable<InputColumn> Of(string input, TensorDatatype datatype, IReadOnlyList<long> shape)
    {
        var width = shape.Skip(1).Aggregate(1L, static (a, b) => a * b);
        var text = datatype == TensorDatatype.Bytes;
        if (width == 1)
            yield return new InputColumn(input, input, 0, 1, text);
        else if (width is > 1 and <= int.MaxValue && input.EndsWith(History, StringComparison.Ordinal))
            yield return new InputColumn(input, input, (int)width - 1, (int)width, text);
        else if (width is > 1 and <= Widest)
        {
            for (var i = 0; i < width; i++)
                yield return new InputColumn($"{input}[{i}]", input, i, (int)width, text);
        }
    }
}
