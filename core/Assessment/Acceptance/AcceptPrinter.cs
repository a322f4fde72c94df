namespace Iml4e.Assessment.Acceptance;

/// <summary>Writes a tree as text that reads back as the same tree, with as few parentheses as that takes.</summary>
internal static class AcceptPrinter
{
    private const int InOr = 0, InAnd = 1, InNot = 2;
    private const int InSum = 1, InProduct = 2, InMinus = 3;

    public static string Print(LogicalNode node) => Print(node, InOr);

    private static string Print(LogicalNode node, int outer) => node switch
    {
        ConnectiveNode { And: false } or => Wrap($"{Print(or.Left, InOr)} or {Print(or.Right, InAnd)}", outer > InOr),
        ConnectiveNode and => Wrap($"{Print(and.Left, InAnd)} and {Print(and.Right, InNot)}", outer > InAnd),
        NotNode not => $"not {Print(not.Operand, InNot)}",
        ComparisonNode comparison => $"{Print(comparison.Left, 0)} {comparison.Operator} {Print(comparison.Right, 0)}",
        _ => throw new InvalidOperationException($"Unknown condition {node.GetType().Name}."),
    };

    private static string Print(NumericNode node, int outer) => node switch
    {
        LiteralNode literal => literal.Text,
        MetricNode metric => metric.Name,
        NegationNode negation => $"-{Print(negation.Operand, InMinus)}",
        ArithmeticNode { Operator: '+' or '-' } sum =>
            Wrap($"{Print(sum.Left, InSum)} {sum.Operator} {Print(sum.Right, InProduct)}", outer > InSum),
        ArithmeticNode product => Wrap($"{Print(product.Left, InProduct)} {product.Operator} {Print(product.Right, InMinus)}", outer > InProduct),
        FunctionNode function => $"{function.Name}({string.Join(", ", function.Arguments.Select(a => Print(a, 0)))})",
        _ => throw new InvalidOperationException($"Unknown number {node.GetType().Name}."),
    };

    private static string Wrap(string text, bool wrap) => wrap ? $"({text})" : text;
}
