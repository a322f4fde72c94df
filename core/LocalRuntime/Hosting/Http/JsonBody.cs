using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Binds a parameter to the JSON body; what does not fit is a 400 that says where.</summary>
internal static partial class JsonBody
{
    public static ParameterBinding Bind(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var nullable = parameter.HasDefaultValue || Nullable.GetUnderlyingType(type) is not null
            || (!type.IsValueType && new NullabilityInfoContext().Create(parameter).ReadState != NullabilityState.NotNull);
        return async context =>
        {
            var http = context.HttpContext!;
            if (nullable && http.Request.ContentLength == 0)
                return parameter.HasDefaultValue ? parameter.DefaultValue : null;
            var options = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            try
            {
                return await JsonSerializer.DeserializeAsync(http.Request.Body, type, options, context.CancellationToken)
                    ?? (nullable ? null : throw new ParameterValueException("body", "A JSON body is needed; null was sent."));
            }
            catch (JsonException exception)
            {
                throw Explain(exception);
            }
            catch (NotSupportedException exception)
            {
                throw new ParameterValueException("body", "The JSON body does not fit what is expected here.", exception);
            }
        };
    }

    /// <summary>Says where the JSON is wrong, without the names of our types.</summary>
    internal static ParameterValueException Explain(JsonException exception)
    {
        var path = exception.Path is null or "$" or ""
            ? "body"
            : exception.Path.StartsWith("$.", StringComparison.Ordinal) ? exception.Path[2..] : exception.Path;
        var where = exception.LineNumber is { } line
            ? $" (line {line + 1}, byte {(exception.BytePositionInLine ?? 0) + 1})"
            : "";
        var missing = Missing().Match(exception.Message);
        var what = missing.Success
            ? $"Required: {missing.Groups[1].Value.TrimEnd('.')}"
            : exception.InnerException is JsonException
                ? "The body is not valid JSON"
                : path == "body" ? "The body does not fit what is expected here" : $"The value of '{path}' does not fit what is expected there";
        return new ParameterValueException(path, what + where + ".", exception);
    }

    [GeneratedRegex("missing required properties including: (.+?)(?= Path:|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();
}
