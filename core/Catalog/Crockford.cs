namespace Iml4e.Catalog;

/// <summary>Base 32 in Crockford's alphabet (no I, L, O, U), upper case, most significant digit first.</summary>
internal static class Crockford
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const byte None = 255;
    private static readonly byte[] Values = MakeValues();

    public static void Write(ulong value, Span<char> to)
    {
        for (var i = to.Length - 1; i >= 0; i--, value >>= 5)
            to[i] = Alphabet[(int)(value & 31)];
    }

    public static string Text(ulong value, int digits) => string.Create(digits, value, static (to, v) => Write(v, to));

    /// <summary>Reads up to 12 digits, lower case too; false when a character is not of the alphabet.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        foreach (var c in text)
        {
            var digit = c < Values.Length ? Values[c] : None;
            if (digit == None)
                return false;
            value = (value << 5) | digit;
        }

        return true;
    }

    private static byte[] MakeValues()
    {
        var values = new byte[128];
        Array.Fill(values, None);
        for (byte digit = 0; digit < Alphabet.Length; digit++)
            values[Alphabet[digit]] = values[char.ToLowerInvariant(Alphabet[digit])] = digit;
        return values;
    }
}
