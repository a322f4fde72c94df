using System.Globalization;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>A file is not in COCO's format, or some of its records are wrong.</summary>
public sealed class CocoFormatException : FormatException
{
    /// <summary>Faults that the message names.</summary>
    public const int Named = 5;

    /// <summary>The file as a whole is wrong.</summary>
    public CocoFormatException(string message, Exception? inner = null)
        : base(message, inner)
    {
        Faults = [];
    }

    /// <summary>Records are wrong.</summary>
    /// <param name="faults">The first of them.</param>
    /// <param name="count">How many are wrong.</param>
    /// <param name="records">Of how many.</param>
    public CocoFormatException(IReadOnlyList<RecordFault> faults, long count, long records)
        : base(string.Create(CultureInfo.InvariantCulture, $"{count} of {records} records are wrong: {string.Join("; ", faults.Take(Named))}"))
    {
        Faults = faults;
        Count = count;
    }

    /// <summary>Records are wrong.</summary>
    /// <param name="faults">The first of them.</param>
    /// <param name="count">How many are wrong.</param>
    /// <param name="message">What to tell of them.</param>
    public CocoFormatException(IReadOnlyList<RecordFault> faults, long count, string message)
        : base(message)
    {
        Faults = faults;
        Count = count;
    }

    /// <summary>The first faults; empty when the file as a whole is wrong.</summary>
    public IReadOnlyList<RecordFault> Faults { get; }

    /// <summary>Records that are wrong.</summary>
    public long Count { get; }
}
