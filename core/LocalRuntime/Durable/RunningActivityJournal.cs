using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// Which activities are running, in a file of one slot each, so that the next process knows which ones this one went down with. Not flushed: what is
/// written survives the process, and a fall of the whole machine blames no activity.
/// </summary>
internal sealed class RunningActivityJournal : IDisposable
{
    private const int SlotBytes = 16;

    private readonly SafeFileHandle file;

    public RunningActivityJournal(string path)
    {
        file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var slots = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, slots, 0);
        var crashed = new List<(long, int)>();
        for (var i = 0; i + SlotBytes <= slots.Length; i += SlotBytes)
        {
            var execution = BinaryPrimitives.ReadInt64LittleEndian(slots.AsSpan(i));
            if (execution != 0)
                crashed.Add((execution, (int)BinaryPrimitives.ReadInt64LittleEndian(slots.AsSpan(i + 8))));
        }

        Crashed = crashed;
    }

    /// <summary>Activities, by execution and task, that were running when the last process went down.</summary>
    public IReadOnlyList<(long Execution, int TaskId)> Crashed { get; }

    /// <summary>Forgets the activities of the last process; called once they are counted in the store.</summary>
    public void Clear() => RandomAccess.SetLength(file, 0);

    public void Begin(int slot, long execution, int taskId)
    {
        Span<byte> bytes = stackalloc byte[SlotBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, execution);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], taskId);
        RandomAccess.Write(file, bytes, (long)slot * SlotBytes);
    }

    public void End(int slot)
    {
        Span<byte> bytes = stackalloc byte[SlotBytes];
        bytes.Clear();
        RandomAccess.Write(file, bytes, (long)slot * SlotBytes);
    }

    public void Dispose() => file.Dispose();
}
