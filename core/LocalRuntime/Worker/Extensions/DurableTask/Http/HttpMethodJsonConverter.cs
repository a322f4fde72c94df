using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;

/// <summary>Writes an HTTP method as its name.</summary>
internal sealed class HttpMethodJsonConverter : JsonConverter<HttpMethod>
{
    public override HttpMethod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        HttpMethod.Parse(reader.GetString() ?? throw new JsonException("An HTTP method is missing."));

    public override void Write(Utf8JsonWriter writer, HttpMethod value, JsonSerializerOptions options) => writer.WriteStringValue(value.Method);
}
