namespace Iml4e.Assessment.Acceptance;

/// <summary>A node of the tree. The place is that of its first character, or of its operator.</summary>
internal abstract record AcceptNode(int Line, int Column);

internal abstract record NumericNode(int Line, int Column) : AcceptNode(Line, Column);

internal sealed record LiteralNode(double Value, string Text, int Line, int Column) : NumericNode(Line, Column);

internal sealed record MetricNode(string Name, int Line, int Column) : NumericNode(Line, Column);

internal sealed record NegationNode(NumericNode Operand, int Line, int Column) : NumericNode(Line, Column);

internal sealed record ArithmeticNode(char Operator, NumericNode Left, NumericNode Right, int Line, int Column) : NumericNode(Line, Column);

internal sealed record FunctionNode(string Name, IReadOnlyList<NumericNode> Arguments, int Line, int Column) : NumericNode(Line, Column);

internal abstract record LogicalNode(int Line, int Column) : AcceptNode(Line, Column);

internal sealed record ComparisonNode(string Operator, NumericNode Left, NumericNode Right, int Line, int Column) : LogicalNode(Line, Column);

internal sealed record NotNode(LogicalNode Operand, int Line, int Column) : LogicalNode(Line, Column);

internal sealed record ConnectiveNode(bool And, LogicalNode Left, LogicalNode Right, int Line, int Column) : LogicalNode(Line, Column);
