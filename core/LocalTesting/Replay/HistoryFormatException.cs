namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>A text is not a recorded history, or not one that can have happened; the message says where and what would be right.</summary>
public sealed class HistoryFormatException : FormatException
{
    public HistoryFormatException(string message)
        : base(message)
    {
    }

    public HistoryFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
