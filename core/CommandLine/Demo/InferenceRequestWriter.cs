using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Simulation;

namespace Iml4e.CommandLine.Demo;

/// <summary>Writes Open Inference requests for the demo's model, with the inputs that the model's own metadata name.</summary>
internal sealed class InferenceRequestWriter
{
    private const string HistorySuffix = "_history";
    private readonly IReadOnlyList<(string Name, string Datatype, int Width)> _inputs;

    private InferenceRequestWriter(IReadOnlyList<(string Name, string Datatype, int Width)> inputs) => _inputs = inputs;

    /// <summary>Reads the inputs from the answer of <c>GET /v2/models/{name}</c>.</summary>
    /// <exception cref="StoryException">The model wants an input that the building cannot give.</exception>
    public static InferenceRequestWriter From(JsonNode metadata)
    {
        var inputs = new List<(string, string, int)>();
        foreach (var input in metadata["inputs"] as JsonArray ?? throw new StoryException("The model's metadata name no inputs."))
        {
            var name = Json.Text(input?["name"]) ?? throw new StoryException("An input of the model has no name.");
            var datatype = Json.Text(input?["datatype"]) ?? throw new StoryException($"Input {name} of the model has no datatype.");
            var width = input?["shape"] is JsonArray { Count: 2 } shape ? (int)(Json.Number(shape[1]) ?? 1) : 1;
            if (name is not ("timestamp" or "outdoor_temperature" or "outdoor_temperature" + HistorySuffix or "solar_irradiance" or "occupancy" or "zone"))
                throw new StoryException($"The model wants an input '{name}' that the building does not have.");
            inputs.Add((name, datatype, Math.Max(1, width)));
        }
        return new InferenceRequestWriter(inputs);
    }

    /// <summary>The request for a zone and day: 24 rows, one an hour.</summary>
    public byte[] Write(StoryBuilding building, int zone, int day)
    {
        var readings = building.Day(zone, day);
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("inputs");
            foreach (var (name, datatype, width) in _inputs)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("datatype", datatype);
                json.WriteStartArray("shape");
                json.WriteNumberValue(readings.Length);
                json.WriteNumberValue(width);
                json.WriteEndArray();
                json.WriteStartArray("data");
                for (var hour = 0; hour < readings.Length; hour++)
                    WriteRow(json, building, readings[hour], name, width, day, hour);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteRow(Utf8JsonWriter json, StoryBuilding building, MeterReading reading, string name, int width, int day, int hour)
    {
        switch (name)
        {
            case "timestamp":
                json.WriteNumberValue(new DateTimeOffset(reading.Weather.Start).ToUnixTimeSeconds());
                break;
            case "outdoor_temperature":
                json.WriteNumberValue(Math.Round(reading.Weather.OutdoorTemperatureCelsius, 3));
                break;
            case "outdoor_temperature" + HistorySuffix:
                foreach (var value in building.OutdoorHistory(reading.Zone, day, hour, width))
                    json.WriteNumberValue(Math.Round(value, 3));
                break;
            case "solar_irradiance":
                json.WriteNumberValue(Math.Round(reading.Weather.SolarIrradianceWattsPerSquareMetre, 1));
                break;
            case "occupancy":
                json.WriteNumberValue(Math.Round(reading.Occupancy, 2));
                break;
            default:
                json.WriteStringValue(building.Building.Zones[reading.Zone].Name);
                break;
        }
    }
}
