namespace Iml4e.Assessment.Acceptance;

/// <summary>An acceptance expression that cannot be read, or that names a metric that is not there.</summary>
public sealed class AcceptExpressionException : Exception
{
    /// <summary>An error at a place in the text.</summary>
    /// <param name="problem">What is wrong and what was expected.</param>
    /// <param name="line">Line, from 1.</param>
    /// <param name="column">Column, from 1.</param>
    public AcceptExpressionException(string problem, int line, int column)
        : base($"line {line}, column {column}: {problem}") => (Line, Column) = (line, column);

    /// <summary>Line, from 1.</summary>
    public int Line { get; }

    /// <summary>Column, from 1.</summary>
    public int Column { get; }
}
