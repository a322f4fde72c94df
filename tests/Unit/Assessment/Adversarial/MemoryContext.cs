using System.Globalization;
using System.Security.Cryptography;
using Iml4e.Assessment.Jobs;
using Iml4e.Inference;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>A job's world in memory: content-addressed artefacts, models and data sets by name.</summary>
internal sealed class MemoryContext : IJobContext
{
    private readonly Dictionary<string, byte[]> _artefacts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string MediaType, string Digest)> _datasets = new(StringComparer.Ordinal);

    private readonly Dictionary<string, string> _predictions = new(StringComparer.Ordinal);

    public string JobId => "job";

    public DateTimeOffset StartedAt { get; } = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Artefacts stored under each role, in order.</summary>
    internal List<(string Role, string Digest)> Outputs { get; } = [];

    internal void AddModel(string name, byte[] onnx) => _models[name] = Put(onnx);

    internal void AddPredictions(string dataset, string name, byte[] content) => _predictions[$"{dataset}/{name}"] = Put(content);

    internal void AddDataset(string name, string mediaType, byte[] content) => _datasets[name] = (mediaType, Put(content));

    public Task<DatasetInput> ReadDatasetAsync(string dataset, string? version, CancellationToken cancellationToken)
    {
        var frame = DataFrame.Read(new MemoryStream(_artefacts[_datasets[dataset].Digest]));
        return Task.FromResult(new DatasetInput(dataset, "1", [_datasets[dataset].Digest], frame, frame.RowCount));
    }

    public Task<DatasetFiles> FindDatasetAsync(string dataset, string? version, CancellationToken cancellationToken) => _datasets.TryGetValue(dataset,
        out var found)
        ? Task.FromResult(new DatasetFiles(dataset, "1", [new DatasetFile("file", found.MediaType, found.Digest)]))
        : throw new JobInputException("dataset", $"there is no data set '{dataset}'");

    public Task<string?> FindOutputAsync(string jobId, string role, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(Outputs.LastOrDefault(o => o.Role == role).Digest);

    public Task<ModelInput> OpenModelAsync(string model, string versionOrAlias, CancellationToken cancellationToken)
    {
        if (!_models.TryGetValue(model, out var digest))
            throw new JobInputException("model", $"there is no model '{model}'");
        var session = ModelSession.Load(_artefacts[digest]);
        return Task.FromResult(new ModelInput(model, "1", digest, session, session));
    }

    public Task<string> StoreAsync(ReadOnlyMemory<byte> content, string mediaType, string role, CancellationToken cancellationToken)
    {
        lock (_artefacts)
        {
            var digest = Put(content.ToArray());
            Outputs.Add((role, digest));
            return Task.FromResult(digest);
        }
    }

    public void Name(string digest, string role) => Outputs.Add((role, digest));

    public Task<string?> FindPredictionsAsync(string dataset, string name, CancellationToken cancellationToken) =>
        Task.FromResult(_predictions.GetValueOrDefault($"{dataset}/{name}"));

    public async Task<Stream> OpenAsync(string digest, CancellationToken cancellationToken) =>
        new MemoryStream(await ReadAsync(digest, cancellationToken), writable: false);

    public Task<byte[]> ReadAsync(string digest, CancellationToken cancellationToken)
    {
        lock (_artefacts)
        {
            return _artefacts.TryGetValue(digest, out var content)
                ? Task.FromResult(content)
                : throw new JobInputException("", string.Create(CultureInfo.InvariantCulture, $"there is no artefact {digest}"));
        }
    }

    public void Report(double fraction, string message) => Assert.InRange(fraction, 0, 1.0001);

    private string Put(byte[] content)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));
        _artefacts[digest] = content;
        return digest;
    }
}
