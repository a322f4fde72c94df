using System.IO.Compression;
using System.Net;
using System.Text;
using Iml4e.Inference;
using Iml4e.Inference.Images;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Unit.Assessment;

namespace Iml4e.Tests.Integration.App;

/// <summary>Images that are uploaded with <c>anonymise=MODEL</c>: what is stored has no faces, and where they cannot be removed nothing is stored.</summary>
[Collection(AppCollection.Name)]
public sealed class FaceRemovalTests(AppStack app)
{
    private const string Labels = "file,label\na.png,1\n";

    [Theory]
    [InlineData("pixelate")]
    [InlineData("blur")]
    public async Task What_is_stored_has_no_faces_and_is_else_the_same(string method)
    {
        var (model, dataset) = (AppStack.Unique("faces"), AppStack.Unique("people"));
        await PutModelAsync(model, FaceScene.Detector());
        using var codec = new ImageCodec();
        var png = codec.EncodePng(FaceScene.Stripes());
        var zip = Zips.Of(("in/a.png", png), ("b.png", png[..100]), ("labels.csv", Encoding.UTF8.GetBytes(Labels)));
        var answer = (await PutAsync(dataset, $"anonymise={model}/1&family=yolov10&method={method}", zip)).Expect(HttpStatusCode.Created);
        var told = answer["anonymised"]!;
        Assert.Equal((1, 1, "b"), (told["images"]!.GetValue<int>(), told["faces"]!.GetValue<int>(), Assert.Single(told["leftOut"]!.AsArray())!.GetValue<string>()));

        // A fifteenth part more on each side belongs to the face, too.
        using var stored = await StoredAsync(dataset);
        Assert.Equal(["in/a.png", "labels.csv"], stored.Entries.Select(e => e.FullName).Order());
        Assert.All(stored.Entries, e => Assert.Equal(1980, e.LastWriteTime.Year));
        Assert.Equal(Labels, Encoding.UTF8.GetString(Content(stored, "labels.csv")));
        var (before, after) = (FaceScene.Stripes().Data, codec.Decode(Content(stored, "in/a.png")).Data);
        for (var y = 0; y < FaceScene.Height; y++)
        {
            for (var x = 0; x < FaceScene.Width; x++)
            {
                var at = 3 * ((y * FaceScene.Width) + x);
                if (x is >= 17 and < 43 && y is >= 7 and < 33)
                    Assert.InRange(after.Span[at], 50, 205);
                else
                    Assert.Equal(before.Span[at], after.Span[at]);
            }
        }

        // The same upload again is the same version; without the removal it would be another one.
        var again = (await PutAsync(dataset, $"anonymise={model}&family=yolov10&method={method}", zip)).Expect(HttpStatusCode.Created);
        Assert.Equal(answer["version"]!.GetValue<string>(), again["version"]!.GetValue<string>());
    }

    [RealDataFact]
    public async Task Faces_in_photos_are_found_and_gone()
    {
        var (model, dataset) = (AppStack.Unique("yunet"), AppStack.Unique("people"));
        await PutModelAsync(model, RealData.Read("models/yunet_n_320_320.onnx"));
        var photo = RealData.Read("photos/faces_1.jpg");
        var answer = (await PutAsync(dataset, $"anonymise={model}&family=yunet", Zips.Of(("many.jpg", photo)))).Expect(HttpStatusCode.Created);
        Assert.InRange(answer["anonymised"]!["faces"]!.GetValue<int>(), 20, 1000);
        using var codec = new ImageCodec();
        using var stored = await StoredAsync(dataset);
        var (before, after) = (codec.Decode(photo).Data, codec.Decode(Content(stored, "many.jpg")).Data);
        var changed = 0;
        for (var i = 0; i < before.Length; i++)
            changed += Math.Abs(before.Span[i] - after.Span[i]) > 24 ? 1 : 0;
        Assert.InRange(changed / (double)before.Length, 0.005, 0.5);
    }

    [Theory]
    [InlineData("anonymise=none&family=yolov10", "anonymise", "there is no model 'none'")]
    [InlineData("anonymise=MODEL/7&family=yolov10", "anonymise", "has no version or alias '7'")]
    [InlineData("anonymise=MODEL/1/2&family=yolov10", "anonymise", "must be MODEL or MODEL/VERSION")]
    [InlineData("anonymise=MODEL/&family=yolov10", "anonymise", "must be MODEL or MODEL/VERSION")]
    [InlineData("anonymise=&family=yolov10", "anonymise", "must be MODEL or MODEL/VERSION")]
    [InlineData("family=yolov10", "anonymise", "family is there, and the face detector is not")]
    [InlineData("method=blur", "anonymise", "method is there, and the face detector is not")]
    [InlineData("anonymise=MODEL", "family", "must be one of")]
    [InlineData("anonymise=MODEL&family=yolov99", "family", "must be one of")]
    [InlineData("anonymise=MODEL&family=yolov10&method=smear", "method", "must be pixelate or blur")]
    [InlineData("anonymise=SUM&family=yolov10", "anonymise", "cannot be read as yolov10")]
    [InlineData("anonymise=MODEL&family=yunet", "anonymise", "cannot be read as yunet")]
    [InlineData("anonymise=FRAGILE&family=yolov10", "anonymise", "the model fails on an image")]
    public async Task What_makes_no_sense_is_told_and_nothing_is_stored(string query, string path, string said)
    {
        var dataset = AppStack.Unique("people");
        foreach (var (kind, onnx) in new[] { ("MODEL", FaceScene.Detector()), ("SUM", Sum()), ("FRAGILE", Fragile()) })
        {
            if (!query.Contains(kind, StringComparison.Ordinal))
                continue;
            var model = AppStack.Unique("faces");
            await PutModelAsync(model, onnx);
            query = query.Replace(kind, model, StringComparison.Ordinal);
        }

        using var codec = new ImageCodec();
        var answer = await PutAsync(dataset, query, Zips.Of(("a.png", codec.EncodePng(FaceScene.Stripes()))));
        answer.ExpectProblemAt(path);
        Assert.Contains(said, answer.Json["errors"]!.AsArray().Single()!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync($"api/datasets/{dataset}")).Status);
    }

    [Fact]
    public async Task What_is_no_zip_of_images_is_refused_and_nothing_is_stored()
    {
        var (model, dataset) = (AppStack.Unique("faces"), AppStack.Unique("people"));
        await PutModelAsync(model, FaceScene.Detector());
        var zip = Zips.Of(("a.txt", [1, 2, 3]));
        foreach (var body in new[] { Encoding.UTF8.GetBytes("a,b\n1,2\n"), [.. "PK\u0003\u0004"u8, 1, 2, 3], zip, zip[..^30], "{\"images\":[]}"u8.ToArray() })
            (await PutAsync(dataset, $"anonymise={model}&family=yolov10", body)).ExpectProblemAt("body");
        // Images that cannot be read are left out; with none left there is no set.
        (await PutAsync(dataset, $"anonymise={model}&family=yolov10", Zips.Of(("a.png", [1, 2, 3])))).ExpectProblemAt("body");
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync($"api/datasets/{dataset}")).Status);
    }

    private Task<Answer> PutAsync(string dataset, string query, byte[] body) =>
        app.SendAsync(HttpMethod.Put, $"api/datasets/{dataset}?{query}", AppStack.Bytes(body, "application/zip"));

    private async Task PutModelAsync(string name, byte[] onnx) =>
        (await app.SendAsync(HttpMethod.Put, $"api/models/{name}/versions", AppStack.Bytes(onnx, "application/octet-stream"))).Expect(HttpStatusCode.Created);

    private async Task<ZipArchive> StoredAsync(string dataset)
    {
        var version = (await app.GetAsync($"api/datasets/{dataset}/versions/1")).Expect(HttpStatusCode.OK);
        var part = Assert.Single(version["parts"]!.AsArray())!;
        return new ZipArchive(new MemoryStream(await app.ReadArtefactAsync(part["digest"]!.GetValue<string>())));
    }

    private static byte[] Content(ZipArchive zip, string name)
    {
        using var entry = zip.GetEntry(name)!.Open();
        using var content = new MemoryStream();
        entry.CopyTo(content);
        return content.ToArray();
    }

    // No detector: two numbers and their sum.
    private static byte[] Sum()
    {
        var g = new GraphBuilder();
        g.Output("sum", g.Node("Add", [g.Input("a", TensorDatatype.FP32, "N", 1), g.Input("b", TensorDatatype.FP32, "N", 1)]), TensorDatatype.FP32, "N", 1);
        return GraphSurgery.Serialize(g.Build());
    }

    // A detector that can be loaded and run on black images alone: the brightness is a place in a list of one.
    private static byte[] Fragile()
    {
        var g = new GraphBuilder();
        var image = g.Input("image", TensorDatatype.FP32, 1, 3, FaceScene.Height, FaceScene.Width);
        var sum = g.Node("ReduceSum", [image, g.Initializer("axes", [0L, 1, 2, 3], 4)], [Attr.Int("keepdims", 0)]);
        var place = g.Node("Reshape", [g.Node("Cast", [sum], [Attr.Int("to", 7)]), g.Initializer("one", [1L], 1)]);
        var row = g.Node("Gather", [g.Initializer("rows", [20f, 10, 40, 30, .9f, 0], 1, 6), place]);
        g.Output("boxes", g.Node("Reshape", [row, g.Initializer("shape", [1L, 1, 6], 3)]), TensorDatatype.FP32, 1, 1, 6);
        return GraphSurgery.Serialize(g.Build());
    }
}
