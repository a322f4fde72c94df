using System.Text.RegularExpressions;

namespace Iml4e.Tests.Unit.Infra;

/// <summary>A token of a Bicep file; of an interpolated string, <see cref="Inner"/> holds the tokens of its expressions.</summary>
internal sealed record BicepToken(char Kind, string Text, IReadOnlyList<BicepToken> Inner);

/// <summary>A top-level statement: <c>param</c>, <c>var</c>, <c>resource</c>, <c>module</c>, <c>output</c>; with the tokens behind its name.</summary>
internal sealed record BicepStatement(string Kind, string Name, IReadOnlyList<BicepToken> Tokens)
{
    /// <summary>The first string: type@version of a resource, path of a module.</summary>
    public string Target => Tokens.First(t => t.Kind == 's').Text;

    /// <summary>Whether a parameter may be left out.</summary>
    public bool HasDefault => Tokens.Any(t => t is { Kind: 'p', Text: "=" });

    /// <summary>Names that the statement refers to: identifiers that are neither members nor property names.</summary>
    public IEnumerable<string> References() => References(Tokens);

    /// <summary>The accesses <c>a.b.c</c> in the statement, as dotted names.</summary>
    public IEnumerable<string> Paths() => Paths(Tokens);

    /// <summary>Names of the properties of the object that is the value of a property, such as <c>params</c>.</summary>
    public IReadOnlyList<string> Properties(string of)
    {
        var names = new List<string>();
        for (var i = 0; i + 2 < Tokens.Count; i++)
        {
            if (Tokens[i].Text != of || Tokens[i + 1].Text != ":" || Tokens[i + 2].Text != "{")
                continue;
            var depth = 0;
            for (var j = i + 2; j < Tokens.Count; j++)
            {
                depth += Depth(Tokens[j]);
                if (depth == 0)
                    return names;
                if (depth == 1 && Tokens[j].Kind == 'i' && Tokens[j + 1].Text == ":" && Tokens[j - 1].Text is "{" or "\n" or ",")
                    names.Add(Tokens[j].Text);
            }
        }

        return names;
    }

    /// <summary>The value of the first property of this name, when it is one token.</summary>
    public string? Value(string property)
    {
        for (var i = 0; i + 2 < Tokens.Count; i++)
        {
            if (Tokens[i].Text == property && Tokens[i + 1].Text == ":")
                return Tokens[i + 2].Text;
        }

        return null;
    }

    /// <summary>What a bracket does to the depth.</summary>
    public static int Depth(BicepToken token) => token.Kind != 'p' ? 0 : token.Text is "{" or "[" or "(" ? 1 : token.Text is "}" or "]" or ")" ? -1 : 0;

    private static IEnumerable<string> References(IReadOnlyList<BicepToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            foreach (var inner in References(tokens[i].Inner))
                yield return inner;
            var member = i > 0 && tokens[i - 1].Text == "." && tokens[i - 1].Kind == 'p';
            var key = i > 0 && i + 1 < tokens.Count && tokens[i + 1] is { Kind: 'p', Text: ":" } && tokens[i - 1].Text is "{" or "\n" or ",";
            if (tokens[i].Kind == 'i' && !member && !key)
                yield return tokens[i].Text;
        }
    }

    private static IEnumerable<string> Paths(IReadOnlyList<BicepToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            foreach (var inner in Paths(tokens[i].Inner))
                yield return inner;
            if (tokens[i].Kind != 'i' || (i > 0 && tokens[i - 1].Text == "."))
                continue;
            var path = tokens[i].Text;
            for (var j = i + 1; j + 1 < tokens.Count;)
            {
                if (tokens[j].Text == "!" && tokens[j + 1].Text == ".")
                    j++;
                else if (tokens[j].Text == "." && tokens[j + 1].Kind == 'i')
                    (path, j) = ($"{path}.{tokens[j + 1].Text}", j + 2);
                else
                    break;
            }

            yield return path;
        }
    }
}

/// <summary>
/// A Bicep file as its top-level statements. The reader knows comments, strings of both kinds with interpolation, brackets and line ends, and no types: enough
/// to ask what is declared, referred to and set. What it cannot place is a <see cref="FormatException"/>.
/// </summary>
internal sealed partial class BicepFile
{
    private static readonly string[] Kinds = ["targetScope", "param", "var", "resource", "module", "output"];

    private BicepFile(string text, IReadOnlyList<BicepStatement> statements) => (Text, Statements) = (text, statements);

    /// <summary>The text without comments.</summary>
    public string Text { get; }

    public IReadOnlyList<BicepStatement> Statements { get; }

    public IEnumerable<BicepStatement> Of(string kind) => Statements.Where(s => s.Kind == kind);

    public BicepStatement Find(string kind, string name) => Statements.Single(s => s.Kind == kind && s.Name == name);

    /// <summary>Resources that the file makes; those marked <c>existing</c> are only named.</summary>
    public IEnumerable<BicepStatement> Made() => Of("resource").Where(r => !r.Tokens.Any(t => t is { Kind: 'i', Text: "existing" }));

    /// <summary>Parameters and variables that nothing refers to.</summary>
    public IEnumerable<string> Unused()
        => Of("param").Concat(Of("var")).Where(d => !Statements.Any(s => s != d && s.References().Contains(d.Name))).Select(d => d.Name);

    public static BicepFile Parse(string text)
    {
        var tokens = Lex(text, 0, text.Length);
        var statements = new List<BicepStatement>();
        for (var i = 0; i < tokens.Count;)
        {
            if (tokens[i].Text == "\n" || tokens[i].Text == "@")
            {
                i = tokens[i].Text == "@" ? EndOfStatement(tokens, i) : i + 1;
                continue;
            }

            if (!Kinds.Contains(tokens[i].Text))
                throw new FormatException($"'{tokens[i].Text}' begins no statement that is known.");
            var end = EndOfStatement(tokens, i);
            var named = tokens[i].Text == "targetScope" ? 0 : 1;
            statements.Add(new BicepStatement(tokens[i].Text, tokens[i + named].Text, tokens.GetRange(i + named + 1, end - i - named - 1)));
            i = end;
        }

        return new BicepFile(Comments().Replace(text, "${keep}"), statements);
    }

    private static int EndOfStatement(List<BicepToken> tokens, int start)
    {
        var depth = 0;
        for (var i = start; i < tokens.Count; i++)
        {
            depth += BicepStatement.Depth(tokens[i]);
            if (depth < 0)
                throw new FormatException($"A bracket closes that was not opened, at '{tokens[i].Text}'.");
            if (depth == 0 && tokens[i].Text == "\n")
                return i;
        }

        return depth == 0 ? tokens.Count : throw new FormatException("A bracket is not closed.");
    }

    private static List<BicepToken> Lex(string text, int start, int end)
    {
        var tokens = new List<BicepToken>();
        for (var i = start; i < end;)
        {
            var c = text[i];
            if (c == '\n')
                tokens.Add(new('p', text[i++..i], []));
            else if (char.IsWhiteSpace(c))
                i++;
            else if (text.AsSpan(i, end - i).StartsWith("//", StringComparison.Ordinal))
                i = text.IndexOf('\n', i) is var line and >= 0 ? Math.Min(line, end) : end;
            else if (text.AsSpan(i, end - i).StartsWith("'''", StringComparison.Ordinal))
            {
                var close = text.IndexOf("'''", i + 3, StringComparison.Ordinal);
                if (close < 0)
                    throw new FormatException("A multi-line string is not closed.");
                tokens.Add(new('s', text[(i + 3)..close], []));
                i = close + 3;
            }
            else if (c == '\'')
                tokens.Add(LexString(text, ref i));
            else if (char.IsAsciiLetter(c) || c == '_')
                tokens.Add(Take(text, ref i, end, 'i', static d => char.IsAsciiLetterOrDigit(d) || d == '_'));
            else if (char.IsAsciiDigit(c))
                tokens.Add(Take(text, ref i, end, 'n', char.IsAsciiDigit));
            else if ("{}[]().,:=!?@<>&|+-*/%".Contains(c, StringComparison.Ordinal))
                tokens.Add(new('p', text[i++..i], []));
            else
                throw new FormatException($"The character '{c}' is not known.");
        }

        return tokens;
    }

    private static BicepToken Take(string text, ref int i, int end, char kind, Func<char, bool> part)
    {
        var from = i;
        while (i < end && part(text[i]))
            i++;
        return new BicepToken(kind, text[from..i], []);
    }

    private static BicepToken LexString(string text, ref int i)
    {
        var from = ++i;
        var inner = new List<BicepToken>();
        for (; i < text.Length && text[i] != '\''; i++)
        {
            if (text[i] == '\n')
                break;
            if (text[i] == '\\')
                i++;
            else if (text[i] == '$' && text[i + 1] == '{')
            {
                var close = i + 2;
                for (var depth = 1; depth > 0; close++)
                    depth += text[close] == '{' ? 1 : text[close] == '}' ? -1 : 0;
                inner.AddRange(Lex(text, i + 2, close - 1));
                i = close - 1;
            }
        }

        if (i >= text.Length || text[i] != '\'')
            throw new FormatException("A string is not closed.");
        return new BicepToken('s', text[from..i++], inner);
    }

    [GeneratedRegex(@"(?<keep>'''(?:.|\n)*?'''|'(?:\\.|[^'\\\n])*')|//[^\n]*", RegexOptions.CultureInvariant)]
    private static partial Regex Comments();
}
