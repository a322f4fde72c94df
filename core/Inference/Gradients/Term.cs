namespace Iml4e.Inference.Gradients;

/// <summary>A value of the graph being written; arithmetic on it writes nodes. Numbers take the type of what they meet.</summary>
internal readonly record struct Term(GraphEmitter Graph, string Name)
{
    /// <summary>What is known of it.</summary>
    internal TensorFact Fact => Graph.Fact(Name);

    /// <summary>Number of its dimensions.</summary>
    /// <exception cref="RankUnknownException">It depends on the data.</exception>
    internal int Rank => Shape.Length;

    /// <summary>Its dimensions.</summary>
    /// <exception cref="RankUnknownException">Not even their number is known.</exception>
    internal Extent[] Shape => Fact.Shape ?? throw new RankUnknownException(Name, "its rank depends on the data");

    public static Term operator +(Term a, Term b) => a.Graph.Pair("Add", a, b);

    public static Term operator +(Term a, double b) => b == 0 ? a : a + a.Like(b);

    public static Term operator -(Term a, Term b) => a.Graph.Pair("Sub", a, b);

    public static Term operator -(double a, Term b) => b.Like(a) - b;

    public static Term operator -(Term a) => a.Graph.One("Neg", a);

    public static Term operator *(Term a, Term b) =>
        a.Graph.IsOne(a) ? b.Graph.Widened(b, a) : b.Graph.IsOne(b) ? a.Graph.Widened(a, b) : a.Graph.Pair("Mul", a, b);

    public static Term operator *(Term a, double b) => b == 1 ? a : b == -1 ? -a : a * a.Like(b);

    public static Term operator /(Term a, Term b) => a.Graph.Pair("Div", a, b);

    public static Term operator /(Term a, double b) => b == 1 ? a : a * (1 / b);

    public static Term operator >(Term a, double b) => a.Graph.Compare("Greater", a, a.Like(b));

    public static Term operator <(Term a, double b) => a.Graph.Compare("Less", a, a.Like(b));

    public static Term operator >=(Term a, Term b) => a.Graph.Compare("GreaterOrEqual", a, b);

    public static Term operator <=(Term a, Term b) => a.Graph.Compare("LessOrEqual", a, b);

    public static Term operator &(Term a, Term b) => a.Graph.Compare("And", a, b);

    /// <summary>Where both are equal.</summary>
    internal Term Is(Term other) => Graph.Compare("Equal", this, other);

    /// <summary>Where it equals a number.</summary>
    internal Term Is(double number) => Is(Like(number));

    /// <summary>A scalar of the same type.</summary>
    internal Term Like(double number) => Graph.Scalar(number, Fact.Type);
}
