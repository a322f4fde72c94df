using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>
/// What is running, in a file of one slot each, so that the next process knows what this one went down with. Not flushed: what is written survives the
/// process. A stop by request and a fall of the whole machine are told from a fall of the process, and blame nobody.
/// </summary>
internal sealed class RunningWorkJournal(string path) : IDisposable
{
    // Header: 4 bytes format, 1 byte whether a process is running, 3 unused, 16 the boot of the machine. A slot: number, part, kind plus 1; zeros when free.
    private const uint Format = 0x334E5552;
    private const int StateAt = 4;
    private const int BootAt = 8;
    private const int HeaderBytes = 24;
    private const int SlotBytes = 16;
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    private readonly Lock gate = new();
    private readonly SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    private readonly Guid boot = ReadBoot();
    private readonly Stack<int> free = [];
    private int slots;

    /// <summary>Begins the life of this process, and gives what the last one fell with; null when it did not fall.</summary>
    public IReadOnlyCollection<RunningWork>? Begin()
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

        var running = new HashSet<RunningWork>();
        for (var at = HeaderBytes; at + SlotBytes <= content.Length; at += SlotBytes)
        {
            var slot = content.AsSpan(at, SlotBytes);
            var kind = BinaryPrimitives.ReadInt32LittleEndian(slot[12..]) - 1;
            if (kind >= 0)
            {
                running.Add(new RunningWork(
                    (RunningWorkKind)kind, BinaryPrimitives.ReadInt64LittleEndian(slot), BinaryPrimitives.ReadInt32LittleEndian(slot[8..])));
            }
        }

        return running;
    }

    /// <summary>Notes that the process is asked to stop: however it ends now, nobody is to blame.</summary>
    public void Stop()
    {
        lock (gate)
            Write([0], StateAt);
    }

    /// <summary>Notes that work begins, and gives its slot.</summary>
    public int Enter(RunningWork work)
    {
        lock (gate)
        {
            var slot = free.TryPop(out var left) ? left : slots++;
            Write(slot, work);
            return slot;
        }
    }

    /// <summary>Notes that other work goes on in a slot.</summary>
    public void Switch(int slot, RunningWork work)
    {
        lock (gate)
            Write(slot, work);
    }

    /// <summary>Notes that the work of a slot has ended.</summary>
    public void Leave(int slot)
    {
        lock (gate)
        {
            Write(new byte[SlotBytes], At(slot));
            free.Push(slot);
        }
    }

    /// <summary>Leaves the file as it is, whatever still runs.</summary>
    public void Dispose()
    {
        lock (gate)
            file.Dispose();
    }

    private static long At(int slot) => HeaderBytes + ((long)slot * SlotBytes);

    private static Guid ReadBoot() => File.Exists(BootFile) && Guid.TryParse(File.ReadAllText(BootFile), out var boot) ? boot : Guid.Empty;

    private void Write(int slot, RunningWork work)
    {
        Span<byte> bytes = stackalloc byte[SlotBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, work.Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], work.Part);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], (int)work.Kind + 1);
        Write(bytes, At(slot));
    }

    private void Write(ReadOnlySpan<byte> bytes, long at)
    {
        if (!file.IsClosed)
            RandomAccess.Write(file, bytes, at);
    }
}
