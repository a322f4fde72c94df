using Iml4e.Catalog;
using Iml4e.Learning.Networks;

namespace Iml4e.Functions.Jobs;

/// <summary>Checkpoints of one training of a job, in the catalogue. Trainings run on threads of their own, which wait for the storage.</summary>
/// <param name="store">The catalogue's checkpoints.</param>
/// <param name="series">JOB/TRAINING.</param>
/// <param name="ct">Ends what is under way.</param>
internal sealed class JobCheckpoints(CheckpointStore store, string series, CancellationToken ct) : ICheckpointStore
{
    /// <inheritdoc/>
    public IReadOnlyList<long> Steps() => store.StepsAsync(series, ct).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public byte[] Read(long step, string file) => store.ReadAsync(series, step, file, ct).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Write(long step, IReadOnlyDictionary<string, byte[]> files) => store.WriteAsync(series, step, files, ct).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Delete(long step) => store.DeleteAsync(series, step, ct).GetAwaiter().GetResult();
}
