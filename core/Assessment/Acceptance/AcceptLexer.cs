using System.Globalization;

namespace Iml4e.Assessment.Acceptance;

/// <summary>Cuts an acceptance expression into tokens.</summary>
internal static class AcceptLexer
{
    public static List<AcceptToken> Read(string text)
    {
        var tokens = new List<AcceptToken>();
        int i = 0, line = 1, lineStart = 0;
        while (i < text.Length)
        {
            var c = text[i];
            var column = i - lineStart + 1;
            if (c == '\n')
            {
                line++;
                lineStart = ++i;
            }
            else if (c is ' ' or '\t' or '\r')
                i++;
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
                tokens.Add(Number(text, ref i, line, column));
            else if (char.IsAsciiLetter(c) || c == '_')
                tokens.Add(Name(text, ref i, line, column));
            else
                tokens.Add(Symbol(text, ref i, line, column));
        }
        tokens.Add(new AcceptToken(AcceptTokenKind.End, "", 0, line, i - lineStart + 1));
        return tokens;
    }

    private static AcceptToken Number(string text, ref int i, int line, int column)
    {
        var start = i;
        SkipDigits(text, ref i);
        if (i < text.Length && text[i] == '.')
        {
            i++;
            SkipDigits(text, ref i);
        }
        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-')
                i++;
            SkipDigits(text, ref i);
        }
        var word = text[start..i];
        if (!double.TryParse(word, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            || !double.IsFinite(value))
        {
            throw new AcceptExpressionException($"'{word}' is not a number", line, column);
        }
        if (i < text.Length && (char.IsAsciiLetter(text[i]) || text[i] is '_' or '.' or '%'))
            throw new AcceptExpressionException($"expected an operator after the number {word}, found '{text[i]}'", line, column + word.Length);
        return new AcceptToken(AcceptTokenKind.Number, word, value, line, column);
    }

    private static AcceptToken Name(string text, ref int i, int line, int column)
    {
        var start = i;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or '.'))
            i++;
        var word = text[start..i];
        if (word.EndsWith('.') || word.Contains("..", StringComparison.Ordinal))
            throw new AcceptExpressionException($"'{word}' is not a name: a dot stands between two parts, as in champion.mae", line, column);
        return new AcceptToken(AcceptTokenKind.Name, word, 0, line, column);
    }

    private static AcceptToken Symbol(string text, ref int i, int line, int column)
    {
        var two = i + 1 < text.Length ? text.Substring(i, 2) : "";
        if (two is "<=" or ">=" or "==" or "!=")
        {
            i += 2;
            return new AcceptToken(AcceptTokenKind.Symbol, two, 0, line, column);
        }
        var c = text[i];
        if (c is '<' or '>' or '+' or '-' or '*' or '/' or '(' or ')' or ',')
        {
            i++;
            return new AcceptToken(AcceptTokenKind.Symbol, c.ToString(), 0, line, column);
        }
        var hint = c switch
        {
            '=' => "; did you mean '=='?",
            '&' => "; did you mean 'and'?",
            '|' => "; did you mean 'or'?",
            '!' => "; did you mean 'not' or '!='?",
            '%' => "; write 5 % as 0.05",
            _ => "",
        };
        var shown = char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : c.ToString();
        throw new AcceptExpressionException($"expected a number, a name or an operator, found '{shown}'{hint}", line, column);
    }

    private static void SkipDigits(string text, ref int i)
    {
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
    }
}
