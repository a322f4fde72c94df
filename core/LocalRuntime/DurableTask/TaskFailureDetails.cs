using System.Reflection;

namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>Why a task failed, as it is kept in the history.</summary>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">The exception's message.</param>
/// <param name="StackTrace">The exception's stack trace.</param>
/// <param name="InnerFailure">The inner exception.</param>
/// <param name="Properties">Further facts; not filled by the local runtime.</param>
public record TaskFailureDetails(
    string ErrorType,
    string ErrorMessage,
    string? StackTrace,
    TaskFailureDetails? InnerFailure,
    IDictionary<string, object?>? Properties)
{
    /// <summary>The failure that an exception and the chain of its inner exceptions amount to.</summary>
    public static TaskFailureDetails FromException(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var inner = exception is TaskFailedException failed
            ? failed.FailureDetails
            : exception.InnerException is { } cause ? FromException(cause) : null;
        return new TaskFailureDetails(exception.GetType().FullName ?? exception.GetType().Name, exception.Message, exception.StackTrace, inner, null);
    }

    public bool IsCausedBy<T>()
        where T : Exception => IsCausedBy(typeof(T));

    /// <summary>
    /// Whether this failure, its inner ones aside, is of the given exception type or of one derived from it; false when its type is unknown here.
    /// </summary>
    /// <exception cref="ArgumentException">The type is not an exception type.</exception>
    /// <exception cref="AmbiguousMatchException">More than one loaded type has the failure's type name.</exception>
    public bool IsCausedBy(Type targetBaseExceptionType)
    {
        ArgumentNullException.ThrowIfNull(targetBaseExceptionType);
        if (!typeof(Exception).IsAssignableFrom(targetBaseExceptionType))
            throw new ArgumentException($"The type {targetBaseExceptionType} is not an exception type.", nameof(targetBaseExceptionType));
        if (string.IsNullOrEmpty(ErrorType))
            return false;
        var type = Type.GetType(ErrorType, throwOnError: false) ?? targetBaseExceptionType.Assembly.GetType(ErrorType, throwOnError: false);
        if (type is null)
        {
            var candidates = AppDomain.CurrentDomain.GetAssemblies()
                .Select(assembly => assembly.GetType(ErrorType, throwOnError: false))
                .OfType<Type>()
                .ToList();
            if (candidates.Count > 1)
                throw new AmbiguousMatchException($"Multiple exception types with the name '{ErrorType}' were found.");
            type = candidates.FirstOrDefault();
        }
        return type is not null && targetBaseExceptionType.IsAssignableFrom(type);
    }

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";
}
