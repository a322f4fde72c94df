using Iml4e.Inference;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Tests.Unit.Learning.Networks;

public sealed class CheckpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("checkpoints").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(3)]
    [InlineData(11)]
    [InlineData(8)]
    public void A_training_that_was_interrupted_ends_with_the_bits_of_one_that_was_not(int writes)
    {
        var whole = Train(new FolderCheckpoints(Path.Combine(_folder, "whole")));
        var store = new FailingStore(new FolderCheckpoints(Path.Combine(_folder, "parts")), writes);
        Assert.Throws<IOException>(() => Train(store));
        var steps = store.Steps();
        Assert.NotEmpty(steps);
        // What was half written when it was killed is not looked at.
        Directory.CreateDirectory(Path.Combine(_folder, "parts", "99999999.tmp"));
        Directory.CreateDirectory(Path.Combine(_folder, "parts", "99999998"));
        store.Left = int.MaxValue;
        var resumed = Train(store);
        Assert.Equal(GraphSurgery.Serialize(whole.Model), GraphSurgery.Serialize(resumed.Model));
        Assert.Equal(whole.Epochs.Select(e => (e.Epoch, e.TrainLoss, e.ValidationLoss, e.Metric)), resumed.Epochs.Select(e => (e.Epoch, e.TrainLoss, e.ValidationLoss, e.Metric)));
        Assert.Equal((whole.Steps, whole.BestEpoch), (resumed.Steps, resumed.BestEpoch));
    }

    [Fact]
    public void The_last_three_and_the_best_are_kept()
    {
        var store = new FolderCheckpoints(_folder);
        var trained = Train(store);
        // 5 batches an epoch.
        var last = trained.Epochs.Count * 5L;
        Assert.Equal(new SortedSet<long> { trained.BestEpoch * 5L, last - 3, last - 1, last }.TakeLast(4), store.Steps());
        var state = System.Text.Json.JsonDocument.Parse(store.Read(last, "state.json")).RootElement;
        Assert.Equal(trained.Steps, state.GetProperty("step").GetInt64());
        Assert.Equal("adam", state.GetProperty("optimizer").GetProperty("type").GetString());
        Assert.Equal("run", state.GetProperty("runId").GetString());
        Assert.Equal(64, state.GetProperty("forwardSha256").GetString()!.Length);
        var names = SafetensorsFile.Read(store.Read(last, "optimizer.safetensors")).Select(t => t.Name).ToList();
        Assert.Contains("hidden0.weight/exp_avg_sq", names);
        Assert.Contains("hidden0.weight/exp_avg", names);
        // A finished training is not trained on.
        Assert.Equal(GraphSurgery.Serialize(trained.Model), GraphSurgery.Serialize(Train(store).Model));
    }

    [Fact]
    public void A_checkpoint_of_other_data_or_another_optimiser_is_left_alone()
    {
        var store = new FolderCheckpoints(_folder);
        Train(store);
        var other = Train(store, o => o with { Optimizer = new OptimizerSpec { Kind = OptimizerKind.RmsProp } });
        var alone = Train(new FolderCheckpoints(Path.Combine(_folder, "alone")), o => o with { Optimizer = new OptimizerSpec { Kind = OptimizerKind.RmsProp } });
        Assert.Equal(GraphSurgery.Serialize(alone.Model), GraphSurgery.Serialize(other.Model));
    }

    [Fact]
    public void Safetensors_are_written_as_others_read_them()
    {
        Tensor[] tensors = [Tensor.FromFloats("a", [1, 2, 3], 3, 1), Tensor.FromInt64s("b", [7]), Tensor.FromFloats("empty", [], 0, 2)];
        var file = SafetensorsFile.Write(tensors, new Dictionary<string, string> { ["format"] = "pt" });
        var length = BitConverter.ToInt64(file);
        Assert.Equal(0, (8 + length) % 8);
        var header = System.Text.Json.JsonDocument.Parse(file.AsMemory(8, (int)length)).RootElement;
        Assert.Equal("F32", header.GetProperty("a").GetProperty("dtype").GetString());
        Assert.Equal([3, 1], header.GetProperty("a").GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()));
        Assert.Equal([12, 20], header.GetProperty("b").GetProperty("data_offsets").EnumerateArray().Select(d => d.GetInt32()));
        Assert.Equal("pt", header.GetProperty("__metadata__").GetProperty("format").GetString());
        var read = SafetensorsFile.Read(file);
        Assert.Equal(tensors.Select(t => (t.Name, t.Datatype)), read.Select(t => (t.Name, t.Datatype)));
        Assert.Equal([1, 2, 3], read[0].ToDoubles());
        Assert.Equal([3L, 1L], read[0].Shape);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}""", 4)]
    [InlineData("""{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"a":7}""", 4)]
    [InlineData("no json", 4)]
    public void Files_that_are_none_are_refused(string header, int data)
    {
        var text = System.Text.Encoding.UTF8.GetBytes(header);
        Assert.Throws<InvalidDataException>(() => SafetensorsFile.Read((byte[])[.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[data]]));
    }

    [Fact]
    public void A_header_longer_than_the_file_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => SafetensorsFile.Read(new byte[7]));
        Assert.Throws<InvalidDataException>(() => SafetensorsFile.Read((byte[])[.. BitConverter.GetBytes(ulong.MaxValue), 1]));
    }

    private static TrainedNetwork Train(ICheckpointStore store, Func<NetworkTrainingOptions, NetworkTrainingOptions>? change = null)
    {
        var random = new Random(3);
        Examples Draw(int count)
        {
            var x = Enumerable.Range(0, 3 * count).Select(_ => (float)random.NextDouble()).ToArray();
            return Examples.OfClasses(x, [3], [.. Enumerable.Range(0, count).Select(i => x[3 * i] + x[3 * i + 1] > 1 ? 1L : 0)], 2);
        }

        var options = new NetworkTrainingOptions
        {
            Epochs = 4, BatchSize = 16, Seed = 9, Threads = 1, LearningRate = 0.02, Checkpoints = store, CheckpointEvery = 2, RunId = "run",
            Augmentation = new Augmentation { Noise = 0.05 }, Optimizer = new OptimizerSpec { Kind = OptimizerKind.Adam, AverageDecay = 0.8 },
            Schedule = new LearningRateSchedule { Kind = ScheduleKind.OneCycle },
        };
        var network = Architectures.Perceptron(3, [8], 2, dropout: 0.25, seed: 1);
        return NetworkTraining.Run(network, Draw(70), Draw(30), change?.Invoke(options) ?? options);
    }

    /// <summary>A store whose process is killed before a write.</summary>
    private sealed class FailingStore(ICheckpointStore store, int left) : ICheckpointStore
    {
        internal int Left { get; set; } = left;

        public IReadOnlyList<long> Steps() => store.Steps();

        public byte[] Read(long step, string file) => store.Read(step, file);

        public void Write(long step, IReadOnlyDictionary<string, byte[]> files)
        {
            if (--Left < 0)
                throw new IOException("killed");
            store.Write(step, files);
        }

        public void Delete(long step) => store.Delete(step);
    }
}
