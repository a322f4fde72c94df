using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.Inference;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Http;

/// <summary>How answers are written: camel case, enumerations as words, nulls left out.</summary>
internal static class ApiJson
{
    /// <summary>Serializer options of all answers.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>An answer with a JSON body.</summary>
    public static IResult Ok(object value, int status = 200) => Results.Json(value, Options, "application/json", status);

    /// <summary>201 with the place of what was made.</summary>
    public static IResult Created(string location, object value) => new CreatedResult(location, value, 201);

    /// <summary>202 with the place where progress can be seen.</summary>
    public static IResult Accepted(string location, object value) => new CreatedResult(location, value, 202);

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.Strict,
        };
        options.Converters.Add(new TensorDatatypeConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    // FP32, BYTES: the protocol's names, not ours in camel case.
    private sealed class TensorDatatypeConverter : JsonConverter<TensorDatatype>
    {
        public override TensorDatatype Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Answers are only written.");

        public override void Write(Utf8JsonWriter writer, TensorDatatype value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToWire());
    }

    private sealed class CreatedResult(string location, object value, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.Headers.Location = location;
            return httpContext.Response.WriteAsJsonAsync(value, value.GetType(), Options, "application/json", httpContext.RequestAborted);
        }
    }
}
