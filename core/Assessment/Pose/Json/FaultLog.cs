namespace Iml4e.Assessment.Pose.Json;

/// <summary>The faults of a file's records: how many, and the first of them.</summary>
internal sealed class FaultLog
{
    private const int Kept = 100;
    private readonly List<RecordFault> faults = [];

    /// <summary>Records that are wrong.</summary>
    public long Count { get; private set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<RecordFault> First => faults;

    /// <summary>Notes one.</summary>
    public void Add(RecordFault fault)
    {
        Count++;
        if (faults.Count < Kept)
            faults.Add(fault);
    }

    /// <summary>Notes more of them, behind all others, without saying which.</summary>
    public void Add(long more) => Count += more;

    /// <summary>Refuses the file if there were any and they are not to be left out.</summary>
    /// <exception cref="CocoFormatException">There were.</exception>
    public void Settle(bool skip, long records)
    {
        if (Count > 0 && !skip)
            throw new CocoFormatException(faults, Count, records);
    }
}
