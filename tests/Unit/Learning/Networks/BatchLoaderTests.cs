using Iml4e.Inference;
using Iml4e.Learning.Networks;

namespace Iml4e.Tests.Unit.Learning.Networks;

public sealed class BatchLoaderTests
{
    [Fact]
    public void Every_example_counts_once_an_epoch_and_epochs_differ()
    {
        using var buffers = Buffers(4);
        var loader = new BatchLoader(Numbered(10), 4, 1, null);
        var epochs = Enumerable.Range(0, 2).Select(e => Epoch(loader, e, buffers)).ToList();
        Assert.All(epochs, e => Assert.Equal(Enumerable.Range(0, 10).Select(i => (float)i), e.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.Equal([1, 1, 0, 0], buffers.Weights.Span<float>().ToArray());
        // The same whatever was loaded before.
        Assert.Equal(epochs[1], Epoch(new BatchLoader(Numbered(10), 4, 1, null), 1, buffers));
    }

    [Fact]
    public void Images_are_shifted_mirrored_and_blanked()
    {
        float[] image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        var seen = new HashSet<string>();
        var to = new float[9];
        for (var i = 0; i < 200; i++)
        {
            new Augmentation { Shift = 1, Flip = true }.Apply(image, to, [1, 3, 3], new NetworkRandom(i));
            seen.Add(string.Join(' ', to));
        }

        // Nine shifts, each both ways.
        Assert.Equal(18, seen.Count);
        Assert.Contains("0 0 0 0 1 2 0 4 5", seen);
        Assert.Contains("3 2 1 6 5 4 9 8 7", seen);
        new Augmentation { Cutout = 3 }.Apply(image, to, [1, 3, 3], new NetworkRandom(4));
        Assert.Contains(0, to);
        Assert.Throws<ArgumentException>(() => new BatchLoader(Numbered(3), 2, 1, new Augmentation { Shift = 1 }));
    }

    [Fact]
    public void Brightness_contrast_and_noise_keep_to_their_size()
    {
        var (from, to) = (Enumerable.Range(0, 1000).Select(i => i % 10 / 10f).ToArray(), new float[1000]);
        new Augmentation { Noise = 0.1 }.Apply(from, to, [1000], new NetworkRandom(1));
        var deviation = Math.Sqrt(from.Zip(to, (a, b) => (double)(a - b) * (a - b)).Average());
        Assert.InRange(deviation, 0.09, 0.11);
        new Augmentation { Brightness = 0.2 }.Apply(from, to, [1000], new NetworkRandom(1));
        Assert.InRange(Math.Abs(to[0] - from[0]), 1e-4, 0.2);
        new Augmentation { Contrast = 0.5 }.Apply(from, to, [1000], new NetworkRandom(1));
        Assert.Equal(from.Average(), to.Average(), 1e-3);
    }

    [Theory]
    [InlineData(ScheduleKind.Constant, 1, 1, 1)]
    [InlineData(ScheduleKind.Step, 1, 0.1, 0.01)]
    [InlineData(ScheduleKind.Cosine, 1, 0.5, 0)]
    [InlineData(ScheduleKind.OneCycle, 0.04, 0.8, 0)]
    public void Learning_rates_go_as_planned(ScheduleKind kind, double start, double middle, double end)
    {
        var schedule = new LearningRateSchedule { Kind = kind, Every = 10 };
        Assert.Equal(start, schedule.At(1, 0, 200, 10), 1e-3);
        Assert.Equal(middle, schedule.At(1, 100, 200, 10), 0.02);
        Assert.Equal(end, schedule.At(1, 200, 200, 10), 1e-3);
        Assert.Equal(0.3, (schedule with { WarmUp = 10 }).At(1, 2, 200, 10), 1e-9);
    }

    private static Examples Numbered(int count) =>
        Examples.OfClasses([.. Enumerable.Range(0, count).Select(i => (float)i)], [1], [.. Enumerable.Range(0, count).Select(i => (long)(i % 2))], 2);

    private static BatchBuffers Buffers(int size) => new(
        new TensorBuffer(TensorDatatype.FP32, size, 1), new TensorBuffer(TensorDatatype.Int64, size), new TensorBuffer(TensorDatatype.FP32, size));

    private static List<float> Epoch(BatchLoader loader, int epoch, BatchBuffers buffers)
    {
        var seen = new List<float>();
        for (var batch = 0; batch < loader.Count; batch++)
        {
            loader.Load(epoch, batch, buffers);
            for (var i = 0; i < 4; i++)
            {
                if (buffers.Weights.Span<float>()[i] > 0)
                    seen.Add(buffers.Values.Span<float>()[i]);
            }
        }

        return seen;
    }
}
