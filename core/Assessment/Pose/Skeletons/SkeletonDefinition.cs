using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>
/// The keypoints of a pose, how exactly each of them can be placed, and how they belong together. Figures of two evaluations can be compared only if the
/// digests of their skeletons are the same.
/// </summary>
public sealed record SkeletonDefinition
{
    /// <summary>Keypoints at most.</summary>
    public const int MostKeypoints = 200;

    // The usual one's, so that the usual evaluation does not load a library for it.
    private const string Coco17Digest = "ab0869046e9e4b3c3da736904e4215b890f6178f1046d6eef7133c6f7faf5f2b";

    private readonly int[] mirror;

    /// <summary>Makes a skeleton.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="keypoints">Names of the keypoints, 1 to <see cref="MostKeypoints"/>, each once.</param>
    /// <param name="sigmas">Of each keypoint, finite and above 0.</param>
    /// <param name="flipPairs">Left and right keypoints that change places in a mirror; places from 0, none twice.</param>
    /// <exception cref="ArgumentException">Something of that does not hold.</exception>
    public SkeletonDefinition(
        string name, IReadOnlyList<string> keypoints, IReadOnlyList<double> sigmas, IReadOnlyList<(int First, int Second)>? flipPairs = null)
    {
        ArgumentNullException.ThrowIfNull(keypoints);
        (Name, Keypoints, Sigmas, FlipPairs) = (name, keypoints, sigmas, flipPairs ?? []);
        if (keypoints.Count is 0 or > MostKeypoints || keypoints.Distinct(StringComparer.Ordinal).Count() != keypoints.Count)
            throw new ArgumentException($"A skeleton has 1 to {MostKeypoints} keypoints with names of their own.", nameof(keypoints));
        if (sigmas.Count != keypoints.Count)
            throw new ArgumentException($"{sigmas.Count} sigmas for {keypoints.Count} keypoints.", nameof(sigmas));
        Variances = ObjectKeypointSimilarity.Variances(sigmas);
        mirror = [.. Enumerable.Range(0, keypoints.Count)];
        foreach (var (first, second) in FlipPairs)
        {
            if (first == second || !Has(first) || !Has(second) || mirror[first] != first || mirror[second] != second)
                throw new ArgumentException($"The pair {first}, {second} is not of two keypoints that no other pair has.", nameof(flipPairs));
            (mirror[first], mirror[second]) = (second, first);
        }

        Groups = GroupsByName();
    }

    /// <summary>COCO's 17 keypoints.</summary>
    public static SkeletonDefinition Coco17 { get; } = new(
        "coco17",
        [
            "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
            "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
        ],
        ObjectKeypointSimilarity.CocoSigmas, [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)])
    {
        Links =
        [
            (15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8), (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3),
            (2, 4), (3, 5), (4, 6),
        ],
        TorsoPair = (5, 12),
    };

    /// <summary>CrowdPose's 14 keypoints.</summary>
    public static SkeletonDefinition CrowdPose14 { get; } = new(
        "crowdpose14",
        [
            "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee",
            "left_ankle", "right_ankle", "head", "neck",
        ],
        [.079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089, .079, .079], [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10, 11)])
    {
        Links = [(12, 13), (13, 0), (13, 1), (0, 2), (2, 4), (1, 3), (3, 5), (0, 6), (1, 7), (6, 7), (6, 8), (8, 10), (7, 9), (9, 11)],
        TorsoPair = (0, 7),
        HeadPair = (12, 13),
    };

    /// <summary>A spine from the head to the hips, with the angles at its joints (sigmas after SpineTrack, DFKI 2025).</summary>
    public static SkeletonDefinition Spine9 { get; } = new(
        "spine9", ["head", "neck", "spine_05", "spine_04", "spine_03", "spine_02", "spine_01", "left_hip", "right_hip"],
        [.026, .04, .08, .08, .10, .10, .10, .107, .107], [(7, 8)])
    {
        Links = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (6, 8)],
        TorsoPair = (1, 6),
        HeadPair = (0, 1),
        Root = 6,
        Angles =
        [
            new("neck", 0, 1, 2), new("spine_05", 1, 2, 3), new("spine_04", 2, 3, 4), new("spine_03", 3, 4, 5), new("spine_02", 4, 5, 6),
        ],
        Groups = [new("head", [0]), new("neck", [1]), new("spine", [2, 3, 4, 5, 6]), new("hips", [7, 8])],
    };

    /// <summary>Those that need no file.</summary>
    public static IReadOnlyList<SkeletonDefinition> BuiltIn { get; } = [Coco17, CrowdPose14, Spine9];

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Names of the keypoints.</summary>
    public IReadOnlyList<string> Keypoints { get; }

    /// <summary>Standard deviation of each keypoint's place among annotators, in units of the square root of the object's area.</summary>
    public IReadOnlyList<double> Sigmas { get; }

    /// <summary>Left and right keypoints.</summary>
    public IReadOnlyList<(int First, int Second)> FlipPairs { get; }

    /// <summary>Keypoints that a drawing joins.</summary>
    public IReadOnlyList<(int From, int To)> Links { get; init; } = [];

    /// <summary>Two keypoints whose distance is the length of the torso; null = there are none.</summary>
    public (int First, int Second)? TorsoPair { get; init; }

    /// <summary>Two keypoints whose distance is the size of the head; null = there are none.</summary>
    public (int First, int Second)? HeadPair { get; init; }

    /// <summary>The keypoint that poses in space are taken relative to; null = they are not.</summary>
    public int? Root { get; init; }

    /// <summary>Angles that it is measured by.</summary>
    public IReadOnlyList<SkeletonAngle> Angles { get; init; } = [];

    /// <summary>Keypoints that tables sum up; pairs by their common name and single ones by theirs unless they are said.</summary>
    public IReadOnlyList<SkeletonGroup> Groups { get; init; }

    /// <summary>Whether one sigma was taken for all keypoints for want of better ones; the figures are then comparable with nobody else's.</summary>
    public bool HasUniformSigma { get; init; }

    /// <summary>Of each keypoint the one on the other side; itself where there is none.</summary>
    public IReadOnlyList<int> Mirror => mirror;

    /// <summary>SHA-256, in hexadecimal digits, of all that figures depend on.</summary>
    public string Digest => ReferenceEquals(this, Coco17) ? Coco17Digest : Reckoned();

    /// <summary>(2σ)² of each keypoint.</summary>
    internal double[] Variances { get; }

    /// <summary>Whether there is such a keypoint.</summary>
    internal bool Has(int point) => point >= 0 && point < Keypoints.Count;

    private string Reckoned()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Keypoints.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Keypoints[i].Length}:{Keypoints[i]} {Sigmas[i]:R} {mirror[i]}\n");
        text.Append(CultureInfo.InvariantCulture, $"torso {TorsoPair} head {HeadPair} root {Root}\n");
        foreach (var angle in Angles)
            text.Append(CultureInfo.InvariantCulture, $"{angle.Name.Length}:{angle.Name} {angle.From} {angle.At} {angle.To}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    // "left_eye" and "right_eye" are "eye".
    private List<SkeletonGroup> GroupsByName()
    {
        var groups = new List<SkeletonGroup>();
        for (var i = 0; i < Keypoints.Count; i++)
        {
            if (mirror[i] > i)
                groups.Add(new SkeletonGroup(Common(Keypoints[i], Keypoints[mirror[i]]), [i, mirror[i]]));
            else if (mirror[i] == i)
                groups.Add(new SkeletonGroup(Keypoints[i], [i]));
        }

        return groups;

        static string Common(string first, string second)
        {
            var tail = 0;
            while (tail < Math.Min(first.Length, second.Length) && first[^(tail + 1)] == second[^(tail + 1)])
                tail++;
            // "left" and "right" have a t in common that is no part of the name: it begins behind a separator or with a capital.
            var name = first[^tail..];
            if (name.IndexOfAny(['_', '-', ' ', '.']) is var separator and >= 0)
                name = name[(separator + 1)..];
            else if (name.AsSpan().IndexOfAnyInRange('A', 'Z') is var capital and > 0)
                name = name[capital..];
            return name.Length > 1 ? name : $"{first} and {second}";
        }
    }
}
