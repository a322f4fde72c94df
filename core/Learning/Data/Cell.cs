namespace Iml4e.Learning;

/// <summary>One value of a table as it stands in the text.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Its bytes, quotes aside.</param>
/// <param name="Style">How it is written.</param>
internal readonly record struct Cell(int Start, int Length, CellStyle Style)
{
    /// <summary>No value.</summary>
    public static readonly Cell None = new(0, 0, CellStyle.Bare);
}
