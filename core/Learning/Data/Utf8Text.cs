using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Iml4e.Learning;

/// <summary>Checks that bytes are text.</summary>
internal static class Utf8Text
{
    /// <summary>Refuses what is not UTF-8, and zero bytes, naming line and byte.</summary>
    /// <param name="text">Whole lines.</param>
    /// <param name="line">Line of the first byte, from 1.</param>
    public static void Check(ReadOnlySpan<byte> text, int line)
    {
        var zero = text.IndexOf((byte)0);
        if (zero >= 0)
            throw At(text, zero, line, "the file is not text: a zero byte");
        if (!Utf8.IsValid(text))
            throw At(text, FirstBad(text), line, "the file is not UTF-8 text");
    }

    /// <summary>Number of line ends: LF, CR LF or CR.</summary>
    public static int Lines(ReadOnlySpan<byte> text) => Math.Max(text.Count((byte)'\n'), text.Count((byte)'\r'));

    private static int FirstBad(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var consumed) == OperationStatus.Done)
            at += consumed;
        return at;
    }

    private static TrainingDataException At(ReadOnlySpan<byte> text, int place, int line, string what)
    {
        var start = text[..place].LastIndexOfAny((byte)'\n', (byte)'\r') + 1;
        return new TrainingDataException("data", $"{what} (line {line + Lines(text[..start])}, byte {place - start + 1})");
    }
}
