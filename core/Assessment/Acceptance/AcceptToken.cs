namespace Iml4e.Assessment.Acceptance;

internal enum AcceptTokenKind
{
    End,
    Number,
    Name,
    Symbol,
}

internal readonly record struct AcceptToken(AcceptTokenKind Kind, string Text, double Value, int Line, int Column)
{
    public bool Is(string text) => Kind is AcceptTokenKind.Symbol or AcceptTokenKind.Name && Text == text;

    public override string ToString() => Kind == AcceptTokenKind.End ? "the end" : $"'{Text}'";
}
