using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Iml4e.Learning;

/// <summary>
/// Checks piece by piece that bytes are text, and tells line and byte of the first that is not: a zero byte, wherever, before what is not UTF-8.
/// </summary>
internal sealed class Utf8Check
{
    private readonly byte[] torn = new byte[4];
    private int tornLength;
    private int feeds;
    private int returns;
    private long inLine;
    private string? noText;
    private string? noUtf8;

    /// <summary>Takes the next piece.</summary>
    public void Take(ReadOnlySpan<byte> piece)
    {
        if (noText is not null)
            return;
        var zero = piece.IndexOf((byte)0);
        if (zero >= 0)
        {
            Count(torn.AsSpan(0, tornLength));
            Count(piece[..zero]);
            noText = $"the file is not text: a zero byte {Place()}";
            return;
        }

        while (tornLength > 0 && !piece.IsEmpty)
        {
            torn[tornLength++] = piece[0];
            piece = piece[1..];
            Settle(atEnd: false);
        }
        if (piece.IsEmpty)
            return;

        var kept = Torn(piece);
        var whole = piece[..^kept];
        if (noUtf8 is null && !Utf8.IsValid(whole))
        {
            var good = Valid(whole);
            Count(whole[..good]);
            Note();
            whole = whole[good..];
        }

        Count(whole);
        piece[^kept..].CopyTo(torn);
        tornLength = kept;
    }

    /// <summary>Refuses the whole, if there was something wrong.</summary>
    public void End()
    {
        if (noText is null && tornLength > 0)
            Settle(atEnd: true);
        if ((noText ?? noUtf8) is { } problem)
            throw new TrainingDataException("data", problem);
    }

    // Bytes at the end that may go on in the next piece.
    private static int Torn(ReadOnlySpan<byte> piece)
    {
        for (var count = Math.Min(3, piece.Length); count > 0; count--)
            if (Rune.DecodeFromUtf8(piece[^count..], out _, out _) == OperationStatus.NeedMoreData)
                return count;
        return 0;
    }

    private static int Valid(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var consumed) == OperationStatus.Done)
            at += consumed;
        return at;
    }

    private void Settle(bool atEnd)
    {
        var status = Rune.DecodeFromUtf8(torn.AsSpan(0, tornLength), out _, out _);
        if (status == OperationStatus.NeedMoreData && !atEnd)
            return;
        if (status != OperationStatus.Done)
            Note();
        Count(torn.AsSpan(0, tornLength));
        tornLength = 0;
    }

    private void Note() => noUtf8 ??= $"the file is not UTF-8 text {Place()}";

    private void Count(ReadOnlySpan<byte> piece)
    {
        feeds += piece.Count((byte)'\n');
        returns += piece.Count((byte)'\r');
        var last = piece.LastIndexOfAny((byte)'\n', (byte)'\r');
        inLine = last < 0 ? inLine + piece.Length : piece.Length - last - 1;
    }

    private string Place() => $"(line {1 + Math.Max(feeds, returns)}, byte {inLine + 1})";
}
