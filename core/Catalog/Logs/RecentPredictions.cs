using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Iml4e.Catalog;

/// <summary>
/// The lines of the newest predictions of this process, bounded by their bytes; the oldest go first. They lie one after the other in memory that is used
/// again and again, so that a prediction leaves nothing behind for the garbage collector to carry along.
/// </summary>
internal sealed class RecentPredictions
{
    // A line's head: the position of the record before it with the same hash (-1: none), the hash, the line's length, negative for a shadow's.
    private const int HeadBytes = 20;
    private const int LargestSegment = 1024 * 1024;
    private readonly Lock guard = new();
    private readonly byte[]?[] segments;
    private readonly int segmentBytes;
    private readonly Dictionary<ulong, long> newest = [];

    // Positions count from the beginning of all writing; what lies between the two is there.
    private long tail;
    private long head;

    /// <param name="capacity">Bytes at most, lines' heads included; a line larger than a sixteenth of it (or a MiB) is not kept.</param>
    public RecentPredictions(long capacity)
    {
        segmentBytes = (int)Math.Min(LargestSegment, capacity / 16);
        segments = new byte[]?[segmentBytes == 0 ? 0 : capacity / segmentBytes];
    }

    public void Add(string id, bool shadow, ReadOnlySpan<byte> line)
    {
        var length = HeadBytes + line.Length;
        if (length > segmentBytes)
            return;
        var hash = Hash(id);
        lock (guard)
        {
            var room = segmentBytes - (int)(head % segmentBytes);
            var unused = room < length ? room : 0;
            while (head + unused + length - tail > (long)segments.Length * segmentBytes)
                Forget();
            if (unused >= HeadBytes)
                WriteHead(At(head), -1, 0, 0);
            head += unused;
            var to = At(head);
            WriteHead(to, newest.TryGetValue(hash, out var before) ? before : -1, hash, shadow ? -line.Length : line.Length);
            line.CopyTo(to[HeadBytes..]);
            newest[hash] = head;
            head += length;
        }
    }

    /// <summary>The records of the id; null unless the answer's own record is among them (a shadow alone may have outlived it).</summary>
    public IReadOnlyList<PredictionRecord>? Find(string id)
    {
        List<byte[]>? lines = null;
        var answered = false;
        lock (guard)
        {
            for (var position = newest.GetValueOrDefault(Hash(id), -1); position >= tail;)
            {
                var (before, _, length) = ReadHead(At(position));
                (lines ??= []).Add(At(position).Slice(HeadBytes, Math.Abs(length)).ToArray());
                answered |= length > 0;
                position = before;
            }
        }

        if (!answered)
            return null;
        lines!.Reverse();
        // Other ids may have the same hash.
        var records = lines.ConvertAll(line => JsonSerializer.Deserialize(line, LogJson.Compact.PredictionRecord)!).FindAll(record => record.Id == id);
        return records.Exists(record => record.Variant != PredictionVariant.Shadow) ? records : null;
    }

    private static ulong Hash(string id) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(id.AsSpan()));

    private static void WriteHead(Span<byte> to, long before, ulong hash, int length)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, before);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], hash);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], length);
    }

    private static (long Before, ulong Hash, int Length) ReadHead(ReadOnlySpan<byte> from) =>
        (BinaryPrimitives.ReadInt64LittleEndian(from), BinaryPrimitives.ReadUInt64LittleEndian(from[8..]), BinaryPrimitives.ReadInt32LittleEndian(from[16..]));

    /// <summary>Memory from a position to its segment's end.</summary>
    private Span<byte> At(long position)
    {
        ref var segment = ref segments[position / segmentBytes % segments.Length];
        segment ??= GC.AllocateUninitializedArray<byte>(segmentBytes);
        return segment.AsSpan((int)(position % segmentBytes));
    }

    /// <summary>Lets the oldest line go, or the unused end of a segment.</summary>
    private void Forget()
    {
        var room = segmentBytes - (int)(tail % segmentBytes);
        if (room < HeadBytes)
        {
            tail += room;
            return;
        }

        var (_, hash, length) = ReadHead(At(tail));
        if (length == 0)
        {
            tail += room;
            return;
        }

        if (newest.TryGetValue(hash, out var position) && position == tail)
            newest.Remove(hash);
        tail += HeadBytes + Math.Abs(length);
    }
}
