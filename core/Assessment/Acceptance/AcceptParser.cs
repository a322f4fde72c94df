namespace Iml4e.Assessment.Acceptance;

/// <summary>
/// Recursive descent: or → and → not → comparison → sum → product → minus → atom. A parenthesis may hold a condition or a number, and which of the two is
/// known only when it is closed, so that each level hands up a node and its caller checks the kind.
/// </summary>
internal sealed class AcceptParser(List<AcceptToken> tokens)
{
    private const int DeepestNesting = 64;

    private int _at;
    private int _depth;

    private AcceptToken Current => tokens[_at];

    public LogicalNode Parse()
    {
        var node = Or();
        if (Current.Kind != AcceptTokenKind.End)
            throw Unexpected("an operator or the end");
        return Condition(node, "the whole expression");
    }

    private AcceptNode Or()
    {
        var left = And();
        while (Current.Is("or"))
        {
            var op = Take();
            left = new ConnectiveNode(false, Condition(left, "the left of 'or'"), Condition(And(), "the right of 'or'"), op.Line, op.Column);
        }
        return left;
    }

    private AcceptNode And()
    {
        var left = Not();
        while (Current.Is("and"))
        {
            var op = Take();
            left = new ConnectiveNode(true, Condition(left, "the left of 'and'"), Condition(Not(), "the right of 'and'"), op.Line, op.Column);
        }
        return left;
    }

    private AcceptNode Not()
    {
        if (!Current.Is("not"))
            return Comparison();
        var op = Take();
        Descend(op);
        var node = new NotNode(Condition(Not(), "what follows 'not'"), op.Line, op.Column);
        _depth--;
        return node;
    }

    private AcceptNode Comparison()
    {
        var left = Sum();
        if (Current.Text is not ("<" or "<=" or ">" or ">=" or "==" or "!=") || Current.Kind != AcceptTokenKind.Symbol)
            return left;
        var op = Take();
        var node = new ComparisonNode(op.Text, Number(left, $"the left of '{op.Text}'"), Number(Sum(), $"the right of '{op.Text}'"), op.Line, op.Column);
        if (Current.Text is "<" or "<=" or ">" or ">=" or "==" or "!=")
            throw new AcceptExpressionException($"a comparison cannot be compared again; join two with 'and', found {Current}", Current.Line, Current.Column);
        return node;
    }

    private AcceptNode Sum()
    {
        var left = Product();
        while (Current.Is("+") || Current.Is("-"))
        {
            var op = Take();
            left = new ArithmeticNode(op.Text[0], Number(left, $"the left of '{op.Text}'"), Number(Product(), $"the right of '{op.Text}'"), op.Line, op.Column);
        }
        return left;
    }

    private AcceptNode Product()
    {
        var left = Minus();
        while (Current.Is("*") || Current.Is("/"))
        {
            var op = Take();
            left = new ArithmeticNode(op.Text[0], Number(left, $"the left of '{op.Text}'"), Number(Minus(), $"the right of '{op.Text}'"), op.Line, op.Column);
        }
        return left;
    }

    private AcceptNode Minus()
    {
        if (!Current.Is("-"))
            return Atom();
        var op = Take();
        Descend(op);
        var node = new NegationNode(Number(Minus(), "what follows '-'"), op.Line, op.Column);
        _depth--;
        return node;
    }

    private AcceptNode Atom()
    {
        var token = Current;
        if (token.Kind == AcceptTokenKind.Number)
        {
            _at++;
            return new LiteralNode(token.Value, token.Text, token.Line, token.Column);
        }
        if (token.Kind == AcceptTokenKind.Name && token.Text is not ("and" or "or" or "not"))
        {
            _at++;
            return Current.Is("(") ? Call(token) : new MetricNode(token.Text, token.Line, token.Column);
        }
        if (!token.Is("("))
            throw Unexpected("a number, a metric's name or '('");
        _at++;
        Descend(token);
        var inner = Or();
        Close(")");
        _depth--;
        return inner;
    }

    private FunctionNode Call(AcceptToken name)
    {
        if (name.Text is not ("min" or "max" or "abs"))
            throw new AcceptExpressionException($"there is no function '{name.Text}'; there are min, max and abs", name.Line, name.Column);
        Descend(Take());
        var arguments = new List<NumericNode> { Argument(name) };
        while (Current.Is(","))
        {
            _at++;
            arguments.Add(Argument(name));
        }
        Close("',' or ')'");
        _depth--;
        if (name.Text == "abs" ? arguments.Count != 1 : arguments.Count < 2)
        {
            throw new AcceptExpressionException(
                $"{name.Text} takes {(name.Text == "abs" ? "one number" : "two numbers or more")}, not {arguments.Count}", name.Line, name.Column);
        }
        return new FunctionNode(name.Text, arguments, name.Line, name.Column);
    }

    private NumericNode Argument(AcceptToken name) => Number(Or(), $"an argument of {name.Text}");

    private void Close(string expected)
    {
        if (!Current.Is(")"))
            throw Unexpected(expected.StartsWith('\'') ? expected : $"'{expected}'");
        _at++;
    }

    private AcceptToken Take() => tokens[_at++];

    private void Descend(AcceptToken token)
    {
        if (++_depth > DeepestNesting)
            throw new AcceptExpressionException($"nested more than {DeepestNesting} deep", token.Line, token.Column);
    }

    private AcceptExpressionException Unexpected(string expected) => new($"expected {expected}, found {Current}", Current.Line, Current.Column);

    private static LogicalNode Condition(AcceptNode node, string where) => node as LogicalNode
        ?? throw new AcceptExpressionException($"{where} must be a condition such as mae <= 2, not a number", node.Line, node.Column);

    private static NumericNode Number(AcceptNode node, string where) => node as NumericNode
        ?? throw new AcceptExpressionException($"{where} must be a number, not a condition", node.Line, node.Column);
}
