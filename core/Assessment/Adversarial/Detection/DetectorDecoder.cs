using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// How a detector's raw outputs become boxes and scores, as data: families that are not built in are described in the request, without code.
/// </summary>
/// <example>
/// A detector like YOLOv5 with one output [N, 25200, 85] that is decoded already:
/// <code>
/// decoder:
///   heads: [ { boxes: { output: output0, count: 4 }, objectness: { output: output0, from: 4, count: 1 }, classes: { output: output0, from: 5, count: 80 } } ]
///   coding: { form: center }
/// </code>
/// </example>
public sealed record DetectorDecoder
{
    /// <summary>Groups of candidates.</summary>
    public required IReadOnlyList<DetectorHead> Heads { get; init; }

    /// <summary>How values become boxes.</summary>
    public BoxCoding Coding { get; init; } = new();

    /// <summary>Which class means that nothing is there.</summary>
    public BackgroundClass Background { get; init; }

    /// <summary>Power of the objectness in the score objectness^a · class^b.</summary>
    public double ObjectnessPower { get; init; } = 1;

    /// <summary>Power of the class in the score.</summary>
    public double ClassPower { get; init; } = 1;

    /// <summary>Whether the class field holds the class's number instead of probabilities; the objectness is then the score.</summary>
    public int? ClassNumbers { get; init; }

    /// <summary>Whether boxes that overlap a better one of their class are dropped.</summary>
    public bool Suppress { get; init; } = true;

    /// <summary>Number of classes without the background.</summary>
    internal int Classes => ClassNumbers ?? Heads[0].Classes.Count - (Background == BackgroundClass.None ? 0 : 1);

    /// <summary>Adds what makes no sense.</summary>
    public void Check(string path, ValidationErrors errors)
    {
        errors.Require(Heads.Count is > 0 and <= 16, path + ".heads", "1 to 16 heads");
        errors.Require(Coding.SizePower is 1 or 2, path + ".coding.sizePower", "must be 1 or 2");
        errors.Require(ObjectnessPower >= 0 && ClassPower >= 0, path + ".objectnessPower", "powers are at least 0");
        for (var i = 0; i < Math.Min(Heads.Count, 16); i++)
        {
            var (head, at) = (Heads[i], $"{path}.heads[{i}]");
            errors.Require(head.Boxes.Count == 4, at + ".boxes.count", "a box has 4 values");
            errors.Require(head.Objectness is null or { Count: 1 }, at + ".objectness.count", "must be 1");
            errors.Require(head.Classes.Count >= (Background == BackgroundClass.None ? 1 : 2), at + ".classes.count",
                "one class at least, beside the background");
            errors.Require(head.Classes.Count == Heads[0].Classes.Count, at + ".classes.count", "must be the same in all heads");
            errors.Require(ClassNumbers is null || (head.Classes.Count == 1 && head.Objectness is not null), at + ".classes",
                "a class number is one value, beside the objectness");
            errors.Require(head.Anchors.All(a => a.Count == 2), at + ".anchors", "each is [width, height]");
            errors.Require(head.Priors.All(a => a.Count == 4), at + ".priors", "each is [cx, cy, w, h]");
            errors.Require(head.Strides.All(s => s > 0), at + ".strides", "must be above 0");
            var needsStride = Coding.Base == BoxBase.Cell || Coding.CenterUnit == BoxUnit.Stride || Coding.SizeUnit == BoxUnit.Stride;
            errors.Require(!needsStride || head.Strides.Count > 0, at + ".strides", "are needed by the coding");
            errors.Require(Coding.SizeUnit != BoxUnit.Anchor || head.Anchors.Count > 0, at + ".anchors", "are needed by the coding");
            var needsPrior = Coding.Base == BoxBase.Prior || Coding.CenterUnit == BoxUnit.Prior || Coding.SizeUnit == BoxUnit.Prior;
            errors.Require(!needsPrior || head.Priors.Count > 0, at + ".priors", "are needed by the coding");
        }
    }
}
