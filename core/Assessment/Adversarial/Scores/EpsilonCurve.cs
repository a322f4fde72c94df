namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Robust accuracy over ε: for each sample the worst of all attacks of this ε or a smaller one, so that the curve never rises.</summary>
public sealed class EpsilonCurve
{
    private readonly Dictionary<double, bool[]> _right = [];

    /// <summary>Notes which samples an attack left right.</summary>
    /// <param name="epsilon">Its ε; 0 for the clean samples.</param>
    /// <param name="right">Whether each sample is still right.</param>
    public void Add(double epsilon, IReadOnlyList<bool> right)
    {
        ArgumentNullException.ThrowIfNull(right);
        if (!_right.TryGetValue(epsilon, out var so))
            _right.Add(epsilon, so = [.. right]);
        for (var i = 0; i < so.Length; i++)
            so[i] &= right[i];
    }

    /// <summary>The curve, from the smallest ε.</summary>
    public IReadOnlyList<(double Epsilon, double RobustAccuracy)> Points()
    {
        var result = new List<(double, double)>();
        bool[]? worst = null;
        foreach (var (epsilon, right) in _right.OrderBy(r => r.Key))
        {
            worst = worst is null ? [.. right] : [.. worst.Zip(right, (a, b) => a && b)];
            result.Add((epsilon, worst.Length == 0 ? 0 : (double)worst.Count(w => w) / worst.Length));
        }

        return result;
    }
}
