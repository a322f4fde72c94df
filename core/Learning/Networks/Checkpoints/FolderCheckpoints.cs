using System.Globalization;

namespace Iml4e.Learning.Networks;

/// <summary>Checkpoints in folders on a disk: STEP.tmp is filled, marked complete and then renamed.</summary>
/// <param name="folder">Folder of the run; made when it is not there.</param>
public sealed class FolderCheckpoints(string folder) : ICheckpointStore
{
    private const string Mark = "_COMPLETE";

    /// <inheritdoc/>
    public IReadOnlyList<long> Steps()
    {
        if (!Directory.Exists(folder))
            return [];
        return
        [
            .. Directory.EnumerateDirectories(folder).Where(d => File.Exists(Path.Combine(d, Mark)))
                .Select(d => long.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1)
                .Where(s => s >= 0).Order(),
        ];
    }

    /// <inheritdoc/>
    public byte[] Read(long step, string file) => File.ReadAllBytes(Path.Combine(Place(step), file));

    /// <inheritdoc/>
    public void Write(long step, IReadOnlyDictionary<string, byte[]> files)
    {
        var draft = Place(step) + ".tmp";
        if (Directory.Exists(draft))
            Directory.Delete(draft, recursive: true);
        Directory.CreateDirectory(draft);
        foreach (var (name, data) in files)
            WriteThrough(Path.Combine(draft, name), data);
        WriteThrough(Path.Combine(draft, Mark), []);
        Delete(step);
        Directory.Move(draft, Place(step));
    }

    /// <inheritdoc/>
    public void Delete(long step)
    {
        var place = Place(step);
        if (!Directory.Exists(place))
            return;
        // The mark first: half a checkpoint is none.
        File.Delete(Path.Combine(place, Mark));
        Directory.Delete(place, recursive: true);
    }

    private static void WriteThrough(string file, byte[] data)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write);
        stream.Write(data);
        stream.Flush(flushToDisk: true);
    }

    private string Place(long step) => Path.Combine(folder, step.ToString("D8", CultureInfo.InvariantCulture));
}
