using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>The form in which the viewer's page is told what it shows.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InstancePage))]
[JsonSerializable(typeof(InstanceDetail))]
[JsonSerializable(typeof(HistoryPage))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(WaitPage))]
internal sealed partial class ViewerJson : JsonSerializerContext;
