using System.Text;
using System.Text.Json;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Skeletons as they are built in and as files say them.</summary>
public sealed class SkeletonTests
{
    private const string Three =
        """{"name":"three","keypoints":["head","left_hand","right_hand"],"sigmas":[0.1,0.2,0.2],"flipPairs":[[1,2]],"links":[[0,1],[0,2]]}""";

    /// <summary>That of the usual skeleton is known beforehand, and that of any copy of it is reckoned.</summary>
    [Fact]
    public void The_digest_that_is_known_is_the_one_that_is_reckoned()
    {
        Assert.Equal(SkeletonDefinition.Coco17.Digest, (SkeletonDefinition.Coco17 with { }).Digest);
        Assert.NotEqual(SkeletonDefinition.Coco17.Digest, (SkeletonDefinition.Coco17 with { Root = 1 }).Digest);
    }

    [Fact]
    public void Those_that_are_built_in_are_whole()
    {
        Assert.Equal([17, 14, 9], SkeletonDefinition.BuiltIn.Select(s => s.Keypoints.Count));
        Assert.All(SkeletonDefinition.BuiltIn, skeleton =>
        {
            Assert.Equal(skeleton.Keypoints.Count, skeleton.Groups.Sum(g => g.Points.Count));
            Assert.All(skeleton.Keypoints.Index(), k => Assert.Equal(
                k.Item.Replace("left_", "x").Replace("right_", "left_").Replace("x", "right_"), skeleton.Keypoints[skeleton.Mirror[k.Index]]));
            var read = SkeletonReader.Read(SkeletonWriter.Write(skeleton));
            Assert.Equal(skeleton.Digest, read.Digest);
            Assert.Equal(skeleton.Links, read.Links);
            Assert.Equal(skeleton.Groups.SelectMany(g => g.Points.Select(p => (g.Name, p))), read.Groups.SelectMany(g => g.Points.Select(p => (g.Name, p))));
        });
        Assert.Equal(
            ["nose", "eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"], SkeletonDefinition.Coco17.Groups.Select(g => g.Name));
        Assert.Equal(3, SkeletonDefinition.BuiltIn.Select(s => s.Digest).Distinct().Count());
    }

    [Fact]
    public void The_digest_is_of_what_figures_depend_on()
    {
        var digest = Read(Three).Digest;
        Assert.Equal(digest, Read(Three.Replace("\"three\"", "\"another\"")).Digest);
        Assert.Equal(digest, Read(Three.Replace("[0,1],", "")).Digest);
        Assert.NotEqual(digest, Read(Three.Replace("0.1", "0.11")).Digest);
        Assert.NotEqual(digest, Read(Three.Replace("\"flipPairs\":[[1,2]],", "")).Digest);
        Assert.NotEqual(digest, Read(Three.Replace("\"links\"", "\"torsoPair\":[0,1],\"links\"")).Digest);
    }

    [Fact]
    public void Without_sigmas_one_must_be_said_and_is_told()
    {
        var without = Three.Replace("\"sigmas\":[0.1,0.2,0.2],", "");
        Assert.Equal("sigmas", Assert.Single(Assert.Throws<SkeletonFormatException>(() => Read(without)).Faults).Path);
        var uniform = SkeletonReader.Read(Encoding.UTF8.GetBytes(without), 0.07);
        Assert.True(uniform.HasUniformSigma);
        Assert.Equal([.07, .07, .07], uniform.Sigmas);
        Assert.False(SkeletonReader.Read(Encoding.UTF8.GetBytes(Three), 0.07).HasUniformSigma);
        Assert.All((double[])[double.NaN, 0, -1, 1e-200, 1e200], sigma => Assert.Throws<SkeletonFormatException>(() => SkeletonReader.Read(Encoding.UTF8.GetBytes(without), sigma)));
    }

    [Theory]
    [InlineData("\"sigmas\":[0.1,0.2,0.2]", "\"sigmas\":[0.1,0.2]", "sigmas: 2 numbers for 3 keypoints")]
    [InlineData("0.1", "0", "sigmas[0]: must be a number above 0, from 1e-6 to 1e6")]
    [InlineData("0.1", "1e999", "sigmas[0]: must be a number above 0, from 1e-6 to 1e6")]
    [InlineData("0.1", "1e-200", "sigmas[0]: must be a number above 0, from 1e-6 to 1e6")]
    [InlineData("0.1", "1e200", "sigmas[0]: must be a number above 0, from 1e-6 to 1e6")]
    [InlineData("0.1", "\"0.1\"", "sigmas[0]: must be a number above 0, from 1e-6 to 1e6")]
    [InlineData("[[1,2]]", "[[1,1]]", "flipPairs[0]: a keypoint is in one pair at most, with another keypoint")]
    [InlineData("[[1,2]]", "[[1,2],[0,2]]", "flipPairs[1]: a keypoint is in one pair at most, with another keypoint")]
    [InlineData("[[1,2]]", "[[1,3]]", "flipPairs[0][1]: must be the place of a keypoint, 0 to 2")]
    [InlineData("[[1,2]]", "[[1,2,0]]", "flipPairs[0]: must be two keypoints")]
    [InlineData("[0,2]]", "[0,-1]]", "links[1][1]: must be the place of a keypoint, 0 to 2")]
    [InlineData("\"left_hand\"", "\"head\"", "keypoints[1]: 'head' is there twice")]
    [InlineData("\"left_hand\"", "7", "keypoints[1]: must be a name of 1 to 100 characters")]
    [InlineData("\"three\"", "\"\"", "name: must be a text of 1 to 200 characters")]
    [InlineData("\"links\"", "\"root\":3,\"links\"", "root: must be the place of a keypoint, 0 to 2")]
    [InlineData("\"links\"", "\"torsoPair\":[1,1],\"links\"", "torsoPair: must be two different keypoints")]
    [InlineData(
        "\"links\"", "\"angles\":[{\"name\":\"a\",\"points\":[0,1]}],\"links\"",
        "angles[0].points: must be three different keypoints, the vertex in the middle")]
    [InlineData("\"links\"", "\"groups\":[{\"name\":\"a\",\"points\":[0,0]}],\"links\"", "groups[0].points: must be keypoints that no other group has")]
    [InlineData("\"links\"", "\"groups\":{},\"links\"", "groups: must be a list")]
    [InlineData("\"head\",\"left_hand\",\"right_hand\"", "", "keypoints: must be 1 to 200 names, not 0")]
    public void What_is_wrong_is_told_with_its_path(string right, string wrong, string told) =>
        Assert.Contains(told, Assert.Throws<SkeletonFormatException>(() => Read(Three.Replace(right, wrong))).Faults.Select(f => f.ToString()));

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var refused = Assert.Throws<SkeletonFormatException>(() => Read("""{"keypoints":["a","a"],"sigmas":[1,-1],"flipPairs":[[0,5]]}"""));
        Assert.Equal(["name", "keypoints[1]", "sigmas[1]", "flipPairs[0][1]"], refused.Faults.Select(f => f.Path));
        Assert.StartsWith("The skeleton is wrong: ", refused.Message, StringComparison.Ordinal);
        var deep = new string('[', 100_000);
        Assert.All((string[])["", "[]", "{", "\"x\"", "{\"name\":\"\\ud800\"}", "{\"\\ud800\":1}", deep, $"{{\"links\":{deep}"], text => Assert.Throws<SkeletonFormatException>(() => Read(text)));
        var many = JsonSerializer.Serialize(new { name = "many", keypoints = Enumerable.Range(0, 201).Select(i => $"{i}") });
        Assert.Throws<SkeletonFormatException>(() => Read(many));
        var angles = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $$"""{"name":"a{{i}}","points":[0,1,2]}"""));
        Assert.Equal(
            "angles: 20000 angles; 200 at most",
            Assert.Single(Assert.Throws<SkeletonFormatException>(() => Read(Three.Replace("\"links\"", $"\"angles\":[{angles}],\"links\""))).Faults).ToString());
        var links = string.Join(',', Enumerable.Repeat("[0,1]", 999));
        Assert.Equal(
            "links: 1001 links; 1000 at most",
            Assert.Single(Assert.Throws<SkeletonFormatException>(() => Read(Three.Replace("\"links\":[", $"\"links\":[{links},"))).Faults).ToString());
    }

    /// <summary>Two annotators who place each keypoint independently of one another.</summary>
    [Fact]
    public void Sigmas_are_estimated_from_poses_that_were_annotated_twice()
    {
        var random = new Random(3);
        double[] sigmas = [.026, .079, .107];
        var pairs = Enumerable.Range(0, 2000).Select(_ =>
        {
            var area = 1000 + (random.NextDouble() * 50000);
            double[] place = [10, 20, 300, 40, 77, 200];
            return new TwicePose(Annotated(place, area), Annotated(place, area), area);
        }).ToList();
        var estimate = SigmaEstimation.Of(pairs, 3, seed: 5);
        Assert.All(sigmas.Zip(estimate), s => Assert.Equal(s.First, s.Second.Sigma!.Value, s.First * .05));
        Assert.All(estimate, e => Assert.True(e.Low < e.Sigma && e.Sigma < e.High && e.High - e.Low < .1 * e.Sigma && e.Poses == 2000));
        Assert.Equal(estimate, SigmaEstimation.Of(pairs, 3, seed: 5));
        Assert.Throws<ArgumentException>(() => SigmaEstimation.Of(pairs.Take(29).ToList(), 3));
        // One that is hardly ever labelled has no sigma.
        pairs = [.. pairs.Take(200).Select((p, i) => p with { First = [.. p.First.Select((v, at) => at < 2 && i > 20 ? double.NaN : v)] })];
        Assert.Equal([null, 200, 200], SigmaEstimation.Of(pairs, 3).Select(e => e.Sigma is null ? (int?)null : e.Poses));

        // COCO's σ is of one annotator: each coordinate has it times the root of the area, over the root of two.
        double[] Annotated(double[] place, double area) =>
            [.. place.Select((v, i) => v + (Normal() * sigmas[i / 2] * Math.Sqrt(area) / Math.Sqrt(2)))];

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    private static SkeletonDefinition Read(string text) => SkeletonReader.Read(Encoding.UTF8.GetBytes(text));
}
