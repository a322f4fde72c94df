using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// Which activities are running, in a file of one slot each, so that the next process knows which ones this one went down with. Not flushed: what is
/// written survives the process. A stop by request and a fall of the whole machine are told from a fall of the process, and blame no activity.
/// </summary>
internal sealed class RunningActivityJournal(string path) : IDisposable
{
    // Header: 4 bytes format, 1 byte whether a process is running, 3 unused, 16 the boot of the machine. A slot: execution and task.
    private const uint Format = 0x324E5552;
    private const int StateAt = 4;
    private const int BootAt = 8;
    private const int HeaderBytes = 24;
    private const int SlotBytes = 16;
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    private readonly SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    private readonly Guid boot = ReadBoot();

    /// <summary>Begins the life of this process, and gives the activities that the last one fell with; null when it did not fall.</summary>
    public IReadOnlyCollection<RunningActivity>? Begin()
    {
        var content = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, content, 0);
        RandomAccess.SetLength(file, 0);
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Format);
        header[StateAt] = 1;
        boot.TryWriteBytes(header.AsSpan(BootAt));
        RandomAccess.Write(file, header, 0);
        if (content.Length < HeaderBytes || !content.AsSpan(0, HeaderBytes).SequenceEqual(header))
            return null;

        var running = new HashSet<RunningActivity>();
        for (var at = HeaderBytes; at + SlotBytes <= content.Length; at += SlotBytes)
        {
            var execution = BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(at));
            if (execution != 0)
                running.Add(new RunningActivity(execution, (int)BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(at + 8))));
        }

        return running;
    }

    /// <summary>Notes that the process is asked to stop: however it ends now, no activity is to blame.</summary>
    public void Stop() => RandomAccess.Write(file, [0], StateAt);

    public void Enter(int slot, RunningActivity activity)
    {
        Span<byte> bytes = stackalloc byte[SlotBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, activity.Execution);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], activity.TaskId);
        Write(slot, bytes);
    }

    public void Leave(int slot)
    {
        Span<byte> bytes = stackalloc byte[SlotBytes];
        bytes.Clear();
        Write(slot, bytes);
    }

    public void Dispose() => file.Dispose();

    private void Write(int slot, ReadOnlySpan<byte> bytes) => RandomAccess.Write(file, bytes, HeaderBytes + ((long)slot * SlotBytes));

    private static Guid ReadBoot() => File.Exists(BootFile) && Guid.TryParse(File.ReadAllText(BootFile), out var boot) ? boot : Guid.Empty;
}
