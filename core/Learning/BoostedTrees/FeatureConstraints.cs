using System.Globalization;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Writes constraints, which people give by column or feature, the way XGBoost reads them, by place.</summary>
internal static class FeatureConstraints
{
    /// <summary>"(1,0,-1)": a sign for each feature. A column stands for all features that come of it, its lags aside.</summary>
    public static string Monotone(FeatureSchema schema, IReadOnlyDictionary<string, int> signs)
    {
        var byFeature = new int[schema.Features.Count];
        foreach (var (name, sign) in signs)
        {
            var path = $"train.parameters.monotone_constraints.{name}";
            if (sign != 0 && schema.Inputs.Any(i => i.Encoding == CategoryEncoding.Code && i.Column == name))
                throw new TrainingDataException(path, "categories have no order; only numbers can be monotone");
            foreach (var place in Places(schema, name, path))
                byFeature[place] = sign;
        }
        return $"({string.Join(',', byFeature.Select(s => s.ToString(CultureInfo.InvariantCulture)))})";
    }

    /// <summary>"[[0,1],[2]]": features that may meet on one path.</summary>
    public static string Interaction(FeatureSchema schema, IReadOnlyList<IReadOnlyList<string>> groups) =>
        $"[{string.Join(',', groups.Select((names, i) => $"[{string.Join(',', Group(schema, names, i))}]"))}]";

    private static IEnumerable<string> Group(FeatureSchema schema, IReadOnlyList<string> names, int group) =>
        names.SelectMany(n => Places(schema, n, $"train.parameters.interaction_constraints[{group}]")).Distinct().Select(
            p => p.ToString(CultureInfo.InvariantCulture));

    private static List<int> Places(FeatureSchema schema, string name, string path)
    {
        var places = new List<int>();
        var at = 0;
        foreach (var input in schema.Inputs)
            foreach (var feature in input.FeatureNames())
            {
                if (feature == name || (input.Lags is null && input.Column == name))
                    places.Add(at);
                at++;
            }
        return places.Count > 0
            ? places
            : throw new TrainingDataException(path, $"'{name}' is no feature or feature column; features: {string.Join(", ", schema.Features.Take(100))}");
    }
}
