using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference;

public sealed class BoundRunTests
{
    [Fact]
    public void Runs_from_buffer_to_buffer_without_allocating()
    {
        using var session = ModelSession.Load(Doubling());
        using var x = new TensorBuffer(TensorDatatype.FP32, 3);
        using var y = new TensorBuffer(TensorDatatype.FP32, 3);
        using var run = session.Bind(new Dictionary<string, TensorBuffer> { ["x"] = x }, new Dictionary<string, TensorBuffer> { ["y"] = y });
        run.Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            x.Span<float>().Fill(i);
            run.Run();
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 1024);
        Assert.Equal([198, 198, 198], y.ToTensor("y").ToDoubles());
    }

    [Fact]
    public void Buffers_must_fit()
    {
        using var session = ModelSession.Load(Doubling());
        using var x = new TensorBuffer(TensorDatatype.FP32, 3);
        using var whole = new TensorBuffer(TensorDatatype.Int64, 3);
        using var longer = new TensorBuffer(TensorDatatype.FP32, 4);
        using var y = new TensorBuffer(TensorDatatype.FP32, 3);
        Dictionary<string, TensorBuffer> At(string name, TensorBuffer buffer) => new() { [name] = buffer };

        Assert.Throws<ArgumentException>(() => session.Bind(At("z", x), At("y", y)));
        Assert.Throws<ArgumentException>(() => session.Bind(At("x", whole), At("y", y)));
        Assert.Throws<ArgumentException>(() => session.Bind(At("x", x), At("z", y)));
        Assert.Throws<ArgumentException>(() => session.Bind(At("x", x), At("y", x)));
        Assert.Throws<ArgumentException>(() => x.Set(Tensor.FromFloats("t", [1], 1)));
        Assert.Throws<ArgumentException>(() => whole.Span<float>());
        using var wrong = session.Bind(At("x", longer), At("y", y));
        Assert.Throws<InferenceFailedException>(() => wrong.Run());
    }

    [Fact]
    public void A_cancelled_token_stops_a_run()
    {
        using var session = ModelSession.Load(Doubling());
        using var x = new TensorBuffer(TensorDatatype.FP32, 3);
        using var run = session.Bind(new Dictionary<string, TensorBuffer> { ["x"] = x }, new Dictionary<string, TensorBuffer>());
        Assert.Throws<OperationCanceledException>(() => run.Run(new CancellationToken(canceled: true)));
    }

    private static ModelProto Doubling()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, 3);
        g.Output("y", g.Node("Add", [x, x]), TensorDatatype.FP32, 3);
        return g.Build();
    }
}
