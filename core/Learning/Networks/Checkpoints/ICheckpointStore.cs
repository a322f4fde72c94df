namespace Iml4e.Learning.Networks;

/// <summary>Where the checkpoints of one run lie: a folder for each, complete only with <c>_COMPLETE</c> in it, which is written last.</summary>
public interface ICheckpointStore
{
    /// <summary>Steps of the complete checkpoints, ascending.</summary>
    IReadOnlyList<long> Steps();

    /// <summary>Reads a file of a complete checkpoint.</summary>
    byte[] Read(long step, string file);

    /// <summary>Writes a checkpoint; one of the same step is replaced.</summary>
    void Write(long step, IReadOnlyDictionary<string, byte[]> files);

    /// <summary>Removes a checkpoint.</summary>
    void Delete(long step);
}
