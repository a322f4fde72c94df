using Iml4e.Inference;

namespace Iml4e.Tests.Unit.Inference;

public sealed class TensorTests
{
    [Theory]
    [InlineData("BOOL", 1)]
    [InlineData("UINT8", 1)]
    [InlineData("UINT16", 2)]
    [InlineData("UINT32", 4)]
    [InlineData("UINT64", 8)]
    [InlineData("INT8", 1)]
    [InlineData("INT16", 2)]
    [InlineData("INT32", 4)]
    [InlineData("INT64", 8)]
    [InlineData("FP16", 2)]
    [InlineData("FP32", 4)]
    [InlineData("FP64", 8)]
    [InlineData("BYTES", 0)]
    [InlineData("BF16", 2)]
    public void Wire_names_and_sizes_are_the_protocols(string wire, int size)
    {
        var datatype = TensorDatatypes.Parse(wire);
        Assert.Equal(wire, datatype.ToWire());
        Assert.Equal(size, datatype.ElementSize());
        Assert.True(TensorDatatypes.TryFromOnnx((int)datatype.ToOnnx(), out var back));
        Assert.Equal(datatype, back);
        Assert.Throws<FormatException>(() => TensorDatatypes.Parse(wire.ToLowerInvariant()));
    }

    [Fact]
    public void Shape_and_data_must_agree()
    {
        Assert.Throws<ArgumentException>(() => Tensor.FromFloats("x", [1f, 2f], 3));
        Assert.Throws<ArgumentException>(() => Tensor.FromFloats("x", [], -1));
        Assert.Throws<ArgumentException>(() => Tensor.FromFloats("x", [], 0, long.MaxValue, 2));
        Assert.Throws<ArgumentException>(() => Tensor.FromStrings("x", ["a"], 2));
        Assert.Throws<ArgumentException>(() => new Tensor("x", TensorDatatype.Bool, [1], new byte[] { 2 }));
        Assert.Equal(1, Tensor.FromFloats("x", [1f]).ElementCount);
        Assert.Equal(0, Tensor.FromFloats("x", [], 0, 3).ElementCount);
        Assert.Throws<ArgumentException>(() => Tensor.FromFloats("x", [1f, 2f], 2).Reshape(3));
        Assert.Throws<InvalidOperationException>(() => Tensor.FromFloats("x", [1f], 1).Span<double>().Length);
    }

    [Fact]
    public void Numbers_become_doubles_and_text()
    {
        Assert.Equal([1, -2.5, 65504], new Tensor("h", TensorDatatype.FP16, [3], new byte[] { 0x00, 0x3c, 0x00, 0xc1, 0xff, 0x7b }).ToDoubles());
        Assert.Equal([1, -2.5], new Tensor("b", TensorDatatype.BF16, [2], new byte[] { 0x80, 0x3f, 0x20, 0xc0 }).ToDoubles());
        Assert.Equal([0, 1], Tensor.FromBools("b", [false, true], 2).ToDoubles());
        Assert.Equal(["9007199254740993"], Tensor.FromInt64s("i", [9007199254740993], 1).ToStrings());
        Assert.Equal(["0.1"], Tensor.FromFloats("f", [0.1f], 1).ToStrings());
        Assert.Equal(["é"], Tensor.FromStrings("s", ["é"], 1).ToStrings());
        Assert.Throws<InvalidOperationException>(() => Tensor.FromStrings("s", ["é"], 1).ToDoubles());
    }
}
