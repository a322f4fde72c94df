using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Pose.Json;

namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>Reads a skeleton from JSON and tells all that is wrong with it at once.</summary>
public sealed class SkeletonReader
{
    private const int LongestFile = 1 << 20;
    private const int MostAngles = 200;
    private const int MostLinks = 1000;

    // Their squares are numbers still, above 0.
    private const double LeastSigma = 1e-6;
    private const double MostSigma = 1e6;

    private readonly List<RecordFault> faults = [];
    private int count;

    private SkeletonReader()
    {
    }

    /// <summary>Reads a file.</summary>
    /// <param name="json">
    /// UTF-8: an object with <c>name</c>, <c>keypoints</c> (names), <c>sigmas</c>, and if wanted <c>flipPairs</c>, <c>links</c>, <c>torsoPair</c>,
    /// <c>headPair</c>, <c>root</c>, <c>angles</c> (name and three points) and <c>groups</c> (name and points); keypoints are named by their places from 0.
    /// </param>
    /// <param name="uniformSigma">Sigma of all keypoints when the file has none; null = such a file is refused.</param>
    /// <exception cref="SkeletonFormatException">Says all that is wrong with it.</exception>
    public static SkeletonDefinition Read(ReadOnlyMemory<byte> json, double? uniformSigma = null)
    {
        if (json.Length > LongestFile)
            throw new SkeletonFormatException([new RecordFault("", $"the file has {json.Length} bytes; {LongestFile} at most")]);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            return new SkeletonReader().Read(document.RootElement, uniformSigma);
        }
        catch (JsonException wrong)
        {
            throw new SkeletonFormatException([new RecordFault("", $"the file is no whole JSON document: {wrong.Message}")]);
        }
        catch (InvalidOperationException)
        {
            // A text with bytes that are no UTF-8.
            throw new SkeletonFormatException([new RecordFault("", "the file is not UTF-8 text")]);
        }
    }

    private SkeletonDefinition Read(JsonElement root, double? uniformSigma)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new SkeletonFormatException([new RecordFault("", "must be an object with name, keypoints and sigmas")]);
        var name = Text(root, "name");
        var keypoints = Names(root);
        count = keypoints.Count;
        var sigmas = Sigmas(root, uniformSigma);
        var pairs = Pairs(root, "flipPairs");
        var seen = new HashSet<int>();
        for (var i = 0; i < pairs.Count; i++)
        {
            if (pairs[i].First == pairs[i].Second || !seen.Add(pairs[i].First) | !seen.Add(pairs[i].Second))
                Fail(string.Create(CultureInfo.InvariantCulture, $"flipPairs[{i}]"), "a keypoint is in one pair at most, with another keypoint");
        }

        var links = Pairs(root, "links");
        if (links.Count > MostLinks)
            Fail("links", string.Create(CultureInfo.InvariantCulture, $"{links.Count} links; {MostLinks} at most"));
        var (torso, head) = (Pair(root, "torsoPair"), Pair(root, "headPair"));
        var at = root.TryGetProperty("root", out var rootPoint) ? Point(rootPoint, "root") : null;
        var angles = Angles(root);
        var groups = Groups(root);
        if (faults.Count > 0)
            throw new SkeletonFormatException(faults);
        var skeleton = new SkeletonDefinition(name!, keypoints, sigmas!, pairs)
        {
            Links = links, TorsoPair = torso, HeadPair = head, Root = at, Angles = angles, HasUniformSigma = !root.TryGetProperty("sigmas", out _),
        };
        return groups is null ? skeleton : skeleton with { Groups = groups };
    }

    private List<string> Names(JsonElement root)
    {
        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (element, path) in List(root, "keypoints", required: true))
        {
            var name = element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
            if (name.Length is 0 or > 100)
                Fail(path, "must be a name of 1 to 100 characters");
            else if (!seen.Add(name))
                Fail(path, $"'{name}' is there twice");
            names.Add(name);
        }

        if (names.Count is 0 or > SkeletonDefinition.MostKeypoints)
            Fail("keypoints", string.Create(CultureInfo.InvariantCulture, $"must be 1 to {SkeletonDefinition.MostKeypoints} names, not {names.Count}"));
        return names;
    }

    private List<double>? Sigmas(JsonElement root, double? uniform)
    {
        if (!root.TryGetProperty("sigmas", out _))
        {
            if (uniform is >= LeastSigma and <= MostSigma)
                return [.. Enumerable.Repeat(uniform.Value, count)];
            Fail("sigmas", uniform is null ? "must be there, one for each keypoint, or one sigma must be said for all of them" : "must be from 1e-6 to 1e6");
            return null;
        }

        var sigmas = new List<double>();
        foreach (var (element, path) in List(root, "sigmas"))
        {
            if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var sigma) && sigma is >= LeastSigma and <= MostSigma)
                sigmas.Add(sigma);
            else
            {
                Fail(path, "must be a number above 0, from 1e-6 to 1e6");
                sigmas.Add(1);
            }
        }

        if (sigmas.Count != count)
            Fail("sigmas", string.Create(CultureInfo.InvariantCulture, $"{sigmas.Count} numbers for {count} keypoints"));
        return sigmas;
    }

    private List<SkeletonAngle> Angles(JsonElement root)
    {
        var angles = new List<SkeletonAngle>();
        foreach (var (element, path) in List(root, "angles"))
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                Fail(path, "must be an object with name and points");
                continue;
            }

            var name = Text(element, "name", path + ".");
            var points = Points(element, path + ".points");
            if (points is [var from, var vertex, var to] && from != vertex && vertex != to && from != to)
                angles.Add(new SkeletonAngle(name ?? "", from, vertex, to));
            else
                Fail(path + ".points", "must be three different keypoints, the vertex in the middle");
        }

        if (angles.Count > MostAngles)
            Fail("angles", string.Create(CultureInfo.InvariantCulture, $"{angles.Count} angles; {MostAngles} at most"));
        for (var i = 0; i < Math.Min(angles.Count, MostAngles); i++)
        {
            if (angles.FindIndex(a => a.Name == angles[i].Name) < i)
                Fail($"angles[{i}].name", $"'{angles[i].Name}' is there twice");
        }

        return angles;
    }

    private List<SkeletonGroup>? Groups(JsonElement root)
    {
        if (!root.TryGetProperty("groups", out _))
            return null;
        var groups = new List<SkeletonGroup>();
        var seen = new HashSet<int>();
        foreach (var (element, path) in List(root, "groups"))
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                Fail(path, "must be an object with name and points");
                continue;
            }

            var name = Text(element, "name", path + ".");
            var points = Points(element, path + ".points");
            if (points.Count == 0 || points.Any(p => !seen.Add(p)))
                Fail(path + ".points", "must be keypoints that no other group has");
            groups.Add(new SkeletonGroup(name ?? "", points));
        }

        return groups;
    }

    private List<int> Points(JsonElement owner, string path)
    {
        var points = new List<int>();
        if (!owner.TryGetProperty("points", out var list) || list.ValueKind != JsonValueKind.Array)
            return points;
        foreach (var element in list.EnumerateArray())
        {
            if (Point(element, string.Create(CultureInfo.InvariantCulture, $"{path}[{points.Count}]")) is { } point)
                points.Add(point);
        }

        return points;
    }

    private List<(int First, int Second)> Pairs(JsonElement root, string field)
    {
        var pairs = new List<(int, int)>();
        foreach (var (element, path) in List(root, field))
        {
            if (Both(element, path) is { } pair)
                pairs.Add(pair);
        }

        return pairs;

        (int, int)? Both(JsonElement element, string path)
        {
            if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 2)
            {
                Fail(path, "must be two keypoints");
                return null;
            }

            var (first, second) = (Point(element[0], path + "[0]"), Point(element[1], path + "[1]"));
            return first is { } one && second is { } other ? (one, other) : null;
        }
    }

    private (int First, int Second)? Pair(JsonElement root, string field)
    {
        if (!root.TryGetProperty(field, out var element) || element.ValueKind == JsonValueKind.Null)
            return null;
        if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
            && Point(element[0], field + "[0]") is { } first && Point(element[1], field + "[1]") is { } second && first != second)
        {
            return (first, second);
        }

        Fail(field, "must be two different keypoints");
        return null;
    }

    private int? Point(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Null && path == "root")
            return null;
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var point) && point >= 0 && point < count)
            return point;
        Fail(path, string.Create(CultureInfo.InvariantCulture, $"must be the place of a keypoint, 0 to {count - 1}"));
        return null;
    }

    private string? Text(JsonElement owner, string field, string before = "")
    {
        if (owner.TryGetProperty(field, out var element) && element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 and <= 200 } text)
            return text;
        Fail(before + field, "must be a text of 1 to 200 characters");
        return null;
    }

    private IEnumerable<(JsonElement Element, string Path)> List(JsonElement root, string field, bool required = false)
    {
        if (!root.TryGetProperty(field, out var list))
        {
            if (required)
                Fail(field, "must be there");
            yield break;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Fail(field, "must be a list");
            yield break;
        }

        var place = 0;
        foreach (var element in list.EnumerateArray())
            yield return (element, string.Create(CultureInfo.InvariantCulture, $"{field}[{place++}]"));
    }

    private void Fail(string path, string message)
    {
        if (faults.Count < 100)
            faults.Add(new RecordFault(path, message));
    }
}
