using Google.Protobuf;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Onnx.Hostile;

/// <summary>What can be told from the file is told before native code sees it, and costs nothing.</summary>
public sealed class HostileModelTests
{
    public static TheoryData<string> Telling => [.. HostileModels.All.Where(m => !m.OnlyWhenTried).Select(m => m.Name)];

    [Fact]
    public void The_corpus_is_large_and_its_names_are_its_own()
    {
        Assert.True(HostileModels.All.Count >= 60, $"{HostileModels.All.Count} files");
        Assert.Equal(HostileModels.All.Count, HostileModels.All.DistinctBy(m => m.Name).Count());
    }

    [Theory]
    [MemberData(nameof(Telling))]
    public void A_hostile_file_is_refused_with_the_reason(string name)
    {
        var hostile = HostileModels.All.Single(m => m.Name == name);
        var bytes = hostile.Make();
        var refused = Assert.Throws<InvalidModelException>(() => ModelGuard.CheckDomains(GraphSurgery.Parse(bytes), extensions: false));
        Assert.Contains(hostile.Reason, refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.Message.Length, 5, 700);
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Fact]
    public void What_a_file_claims_is_not_allocated()
    {
        foreach (var hostile in HostileModels.All.Where(m => m.Name is "tensor-of-2-gigabytes-announced" or "types-100000-deep" or "millions-of-empty-messages" or "100000-nodes"))
        {
            var bytes = hostile.Make();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<InvalidModelException>(() => WireGuard.Check(bytes, ModelLimits.Default));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        }
    }

    [Fact]
    public void The_sound_model_and_its_relatives_pass()
    {
        ModelProto[] sound = [HostileModels.Model(), TestGraphs.Linear(), TestGraphs.Branches(), TestGraphs.Identity(TensorDatatype.Bytes)];
        foreach (var model in sound)
        {
            WireGuard.Check(model.ToByteArray(), ModelLimits.Default);
            using var session = ModelSession.Load(model);
            Assert.NotEmpty(session.Metadata.Outputs);
        }
    }

    [SharedDataTheory]
    [InlineData("mnist.onnx")]
    [InlineData("version-RFB-320.onnx")]
    [InlineData("FastestDet.onnx")]
    [InlineData("yunet_n_320_320.onnx")]
    [InlineData("pytorch_superresolution_with_pre_post_processing_op18.onnx")]
    public void Real_models_pass(string file) => ModelGuard.CheckDomains(GraphSurgery.Parse(SharedData.Read("models", file)), extensions: true);

    [Fact]
    public void A_loop_that_can_end_by_itself_may_have_any_number_of_rounds()
    {
        var g = new GraphBuilder("while");
        var x = g.Input("x", TensorDatatype.FP32, 1);
        var (rounds, go, limit) = (g.Scalar("rounds", long.MaxValue), g.Scalar("go", true), g.Initializer("limit", [100f]));
        var body = g.Subgraph("body");
        body.Input("round", TensorDatatype.Int64);
        body.Input("on", TensorDatatype.Bool);
        var value = body.Input("value", TensorDatatype.FP32, 1);
        var next = body.Node("Add", [value, value]);
        body.Output(body.Node("Squeeze", [body.Node("Less", [next, limit])]), TensorDatatype.Bool);
        body.Output(next, TensorDatatype.FP32, 1);
        g.Output("y", g.Node("Loop", [rounds, go, x], [Attr.Graph("body", body.BuildGraph())]), TensorDatatype.FP32, 1);
        using var session = ModelSession.Load(g.Build());
        Assert.Equal(128f, session.Run([Tensor.FromFloats("x", [1f], 1)])[0].Span<float>()[0]);
    }

    [Fact]
    public void Nothing_that_flips_in_a_file_confuses_the_walk_over_it()
    {
        var original = HostileModels.Model().ToByteArray();
        var random = new Random(20240917);
        for (var i = 0; i < 200_000; i++)
        {
            var mutated = original.ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            try
            {
                // What the walk lets through, the parser can read.
                WireGuard.Check(mutated, ModelLimits.Default);
                ModelProto.Parser.ParseFrom(mutated);
            }
            catch (InvalidModelException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }
}
