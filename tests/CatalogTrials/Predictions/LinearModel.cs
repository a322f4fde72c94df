using System.Net.Http.Headers;
using System.Text;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.CatalogTrials.Predictions;

/// <summary>y = 2x: what is on trial is the log.</summary>
internal static class LinearModel
{
    private static readonly byte[] Request = Encoding.UTF8.GetBytes("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1.5]}]}""");

    /// <summary>Registers it under a name, with a durability of its own.</summary>
    public static async Task RegisterAsync(HttpClient http, string model, string durability, CancellationToken ct)
    {
        var graph = new GraphBuilder("linear");
        graph.Output(
            "prediction", graph.Node("MatMul", [graph.Input("x", TensorDatatype.FP32, "N", 1), graph.Initializer("w", [2f], 1, 1)]), TensorDatatype.FP32, "N",
            1);
        using var file = new ByteArrayContent(GraphSurgery.Serialize(graph.Build()));
        using var registered = await http.PutAsync(new Uri($"api/models/{model}/versions?task=regression&alias=champion", UriKind.Relative), file, ct);
        registered.EnsureSuccessStatusCode();
        using var policy = new StringContent($$"""{"durability":"{{durability}}"}""", Encoding.UTF8, "application/json");
        using var set = await http.PutAsync(new Uri($"api/models/{model}/logging", UriKind.Relative), policy, ct);
        set.EnsureSuccessStatusCode();
    }

    /// <summary>Predicts; the prediction's id, or null when there was no good answer.</summary>
    public static async Task<string?> PredictAsync(HttpClient http, string model, CancellationToken ct)
    {
        using var content = new ByteArrayContent(Request);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var answer = await http.PostAsync(new Uri($"v2/models/{model}/infer", UriKind.Relative), content, ct);
            // The whole answer: an id out of half of one would be none that was promised.
            await answer.Content.ReadAsByteArrayAsync(ct);
            return answer.IsSuccessStatusCode ? answer.Headers.GetValues("x-prediction-id").Single() : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }
}
