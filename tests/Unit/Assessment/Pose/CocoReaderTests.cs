using System.Globalization;
using System.Text;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Files as they should be and as they are.</summary>
public sealed class CocoReaderTests
{
    private const string Images = """[{"id":1,"width":64,"height":48,"file_name":"a.jpg"},{"id":2,"width":64,"height":48}]""";
    private const string Categories = """[{"id":1,"name":"person","keypoints":["l","r"],"skeleton":[[1,2]]}]""";
    private const string Annotation =
        """{"id":7,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"area":10,"keypoints":[1,2,2,0,0,0],"segmentation":[[1,2,[3]],{"counts":"]\"NaN"}]}""";

    private static readonly CocoReadOptions Keypoints = new() { Kind = CocoEvaluationKind.Keypoints, Keypoints = 2 };
    private static readonly CocoReadOptions Boxes = new() { Kind = CocoEvaluationKind.Boxes };

    [Fact]
    public void A_ground_truth_is_read_whatever_the_order_of_its_lists()
    {
        var read = Truth(
            $$"""{"info":{"x":[1,{"y":"}"}]},"annotations":[{{Annotation}}],"licences":[],"images":{{Images}},"categories":{{Categories}}}""", Keypoints);
        Assert.Equal([1, 2], read.Dataset.Images.Select(i => i.Id));
        Assert.Equal(new CocoImage(1, 64, 48, "a.jpg"), read.Dataset.Images[0]);
        Assert.Equal(("person", (0, 1)), (read.Dataset.Categories[0].Name, Assert.Single(read.Dataset.Categories[0].Links)));
        var annotation = Assert.Single(read.Dataset.Annotations);
        Assert.Equal((7, 1, 1), (annotation.Id, annotation.ImageId, annotation.CategoryId));
        Assert.Equal((10.0, 1, false), (annotation.Area, annotation.LabelledKeypoints, annotation.IsCrowd));
        Assert.Equal(new BoundingBox(1, 2, 3, 4), annotation.Box);
        Assert.Equal([1, 2, 2, 0, 0, 0], annotation.Keypoints.ToArray());
        Assert.Empty(read.Warnings);
    }

    [Fact]
    public void What_is_made_up_for_is_told()
    {
        var without = Annotation.Replace("\"area\":10,", "", StringComparison.Ordinal);
        const string Image = """{"id":1,"width":6,"height":4}""";
        var read = Truth($$"""{"images":[{{Image}},{{Image}}],"categories":{{Categories}},"annotations":[{{without}}]}""", Keypoints);
        Assert.Equal(2, read.Warnings.Count);
        Assert.Equal(0.53 * 12, read.Dataset.Annotations[0].Area);
    }

    /// <summary>However a list is written and wherever what is in memory ends, the numbers are the same.</summary>
    [Theory]
    [InlineData("[1.5,2,3e0,40e-1]")]
    [InlineData("[ 1.5 , 2 ,3,4 ]")]
    [InlineData("[1.5,\n\t2,\r\n3,4\n]")]
    [InlineData("[1.50000000000000000000000000000000000000001,2.0,3.0,4]")]
    public void Lists_are_read_as_they_are_written(string box)
    {
        foreach (var blanks in Enumerable.Range(0, 60).Select(n => new string(' ', n)))
        {
            var text = WithBox(box);
            // What is read at once ends somewhere in the list.
            var filled = new string(' ', (1 << 16) - text.IndexOf(box, StringComparison.Ordinal) - 30) + blanks + text;
            Assert.Equal(new BoundingBox(1.5, 2, 3, 4), Truth(filled, Keypoints).Dataset.Annotations[0].Box);
        }
    }

    [Theory]
    [InlineData("[]", "annotations[0].bbox: must be there")]
    [InlineData("[5]", "annotations[0].bbox: must be the 4 numbers x, y, width, height, not 1")]
    [InlineData("[1,2,3,4,5]", "annotations[0].bbox: must be the 4 numbers x, y, width, height, not 5")]
    [InlineData("[1,2,03,4]", "The file is no whole JSON document")]
    [InlineData("[1,2,3.,4]", "The file is no whole JSON document")]
    [InlineData("[1,2,3,4,]", "The file is no whole JSON document")]
    [InlineData("[1,2,3 4]", "The file is no whole JSON document")]
    [InlineData("[1,2,+3,4]", "The file is no whole JSON document")]
    public void Lists_that_are_none_are_refused(string box, string told)
    {
        Assert.Contains(told, Assert.Throws<CocoFormatException>(() => Truth(WithBox(box), Keypoints)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"image_id\":1", "\"image_id\":9", "annotations[0].image_id: there is no image 9")]
    [InlineData("\"category_id\":1", "\"category_id\":9", "annotations[0].category_id: there is no category 9")]
    [InlineData("\"category_id\":1", "\"category_id\":\"1\"", "annotations[0].category_id: must be a whole number, not '1'")]
    [InlineData("[1,2,3,4]", "[1,2,NaN,4]", "annotations[0].bbox[2]: must be a finite number, not NaN")]
    [InlineData("[1,2,3,4]", "[1,2,-Infinity,4]", "annotations[0].bbox[2]: must be a finite number, not -Infinity")]
    [InlineData("[1,2,3,4]", "[Infinity,2,3,4]", "annotations[0].bbox[0]: must be a finite number, not Infinity")]
    [InlineData("[1,2,3,4]", "[1e999,2,3,4]", "annotations[0].bbox[0]: must be a finite number, not 1e999")]
    [InlineData("[1,2,3,4]", "[1,1e308,3,4]", "annotations[0].bbox[1]: must be between -1e15 and 1e15, not 1e308")]
    [InlineData("[1,2,2,0,0,0]", "[1,-2e99,2,0,0,0]", "annotations[0].keypoints[1]: must be between -1e15 and 1e15, not -2e99")]
    [InlineData("\"area\":10", "\"area\":1e16", "annotations[0].area: must be between -1e15 and 1e15, not 1e16")]
    [InlineData("[1,2,2,0,0,0]", "[1,2,\"2\",0,0,0]", "annotations[0].keypoints[2]: must be a finite number, not '2'")]
    [InlineData("\"id\":7", "\"id\":1e300", "annotations[0].id: must be a whole number, not 1e300")]
    [InlineData("[1,2,3,4]", "[1,2,-3,4]", "annotations[0].bbox[2]: must be 0 or more")]
    [InlineData("[1,2,3,4]", "[1,2,3]", "annotations[0].bbox: must be the 4 numbers x, y, width, height, not 3")]
    [InlineData("[1,2,3,4]", "{\"x\":[1]}", "annotations[0].bbox: must be a list of numbers, not an object")]
    [InlineData("[1,2,2,0,0,0]", "[1,2,2]", "annotations[0].keypoints: 3 numbers; 2 keypoints have 6")]
    [InlineData("[1,2,2,0,0,0]", "[1,2,3,0,0,0]", "annotations[0].keypoints[2]: must be 0 (not labelled), 1 (hidden) or 2 (visible)")]
    [InlineData("[1,2,2,0,0,0]", "[1,2,2,0,[0],0]", "annotations[0].keypoints[4]: must be a finite number, not a list")]
    [InlineData("\"id\":7,", "", "annotations[0].id: must be there")]
    [InlineData("\"area\":10", "\"area\":-1", "annotations[0].area: must be 0 or more")]
    [InlineData("\"area\":10", "\"area\":10,\"iscrowd\":2", "annotations[0].iscrowd: must be 0 or 1, not 2")]
    public void A_wrong_annotation_is_named(string right, string wrong, string told)
    {
        var text = $$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[{{Annotation.Replace(right, wrong, StringComparison.Ordinal)}}]}""";
        var refused = Assert.Throws<CocoFormatException>(() => Truth(text, Keypoints));
        Assert.Equal(told, Assert.Single(refused.Faults).ToString());
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        var read = Truth(text, Keypoints with { SkipInvalid = true });
        Assert.Empty(read.Dataset.Annotations);
        Assert.Equal((told, 1), (Assert.Single(read.Skipped).ToString(), read.SkippedCount));
    }

    [Theory]
    [InlineData("", "no whole JSON document")]
    [InlineData("[]", "is an object")]
    [InlineData("{\"images\":[],\"categories\":[]}", "annotations is not there")]
    [InlineData("{\"images\":[],\"images\":[]}", "images is there twice")]
    [InlineData("{\"images\":{}}", "images must be a list")]
    [InlineData("{\"images\":[],\"categories\":[],\"annotations\":[]} x", "no whole JSON document")]
    [InlineData("{\"images\":[{\"id\":1", "no whole JSON document")]
    [InlineData("{\"images\":[{\"id\":1,\"width\":1},{\"id\":1,\"width\":2}],\"categories\":[],\"annotations\":[]}", "images[1].id: 1 is there twice")]
    [InlineData("{\"images\":[3],\"categories\":[],\"annotations\":[]}", "images[0]: must be an object")]
    [InlineData("{\"images\":[],\"categories\":[{\"id\":1,\"keypoints\":[\"a\"]}],\"annotations\":[]}", "categories[0].keypoints: 1 names")]
    public void A_wrong_file_is_told(string text, string told) =>
        Assert.Contains(told, Assert.Throws<CocoFormatException>(() => Truth(text, Keypoints)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[", "no whole JSON document")]
    [InlineData("{\"a\":", "no whole JSON document")]
    public void Nesting_without_end_is_told(string opening, string told)
    {
        var nested = string.Concat(Enumerable.Repeat(opening, 100_000));
        Assert.Contains(told, Assert.Throws<CocoFormatException>(() => Truth("{\"info\":" + nested, Keypoints)).Message, StringComparison.Ordinal);
        Assert.Contains(told, Assert.Throws<CocoFormatException>(() => Results("[{\"x\":" + nested, Empty(), Boxes)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"\\ud800\":[]}")]
    [InlineData("{\"images\":[{\"\\ud800x\":1,\"id\":1}],\"categories\":[],\"annotations\":[]}")]
    [InlineData("{\"images\":[],\"categories\":[{\"id\":1,\"keypoints\":[\"\\udfff\",\"b\"]}],\"annotations\":[]}")]
    public void Names_that_are_no_text_are_told(string text)
    {
        Assert.Contains("not UTF-8 text", Assert.Throws<CocoFormatException>(() => Truth(text, Keypoints)).Message, StringComparison.Ordinal);
        Assert.False(CocoDocument.Begins("{\"\\ud800aaa\":[]}"u8));
    }

    [Fact]
    public void What_has_no_end_is_refused_and_what_is_there_twice_counts_as_it_was_said_last()
    {
        var many = string.Join(',', Enumerable.Repeat("1", 1_000_000));
        var text = $$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[{{Annotation.Replace("1,2,2,0,0,0", many, StringComparison.Ordinal)}}]}""";
        Assert.Equal(
            "annotations[0].keypoints: 1000000 numbers; 2 keypoints have 6",
            Assert.Single(Assert.Throws<CocoFormatException>(() => Truth(text, Keypoints)).Faults).ToString());
        var categories = string.Join(',', Enumerable.Range(0, 20_001).Select(i => $$"""{"id":{{i}}}"""));
        Assert.Contains(
            "more than 20000 categories",
            Assert.Throws<CocoFormatException>(() => Truth($$"""{"images":[],"categories":[{{categories}}],"annotations":[]}""", Boxes)).Message, StringComparison.Ordinal);
        // As every reader of such files has it.
        var read = Results(
            """[{"image_id":9,"image_id":1,"category_id":1,"score":0.1,"score":0.2,"bbox":[9,9,9,9],"bbox":[1,2,3,4]}]""",
            Truth($$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[]}""", Boxes).Dataset, Boxes);
        Assert.Equal((1, 0.2, new BoundingBox(1, 2, 3, 4)), (read.Detections[0].ImageId, read.Detections[0].Score, read.Detections[0].Box));
    }

    [Fact]
    public void The_first_result_says_what_sizes_are()
    {
        var truth = Truth($$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[{{Annotation}}]}""", Keypoints).Dataset;
        const string Pose = "\"image_id\":1,\"category_id\":1,\"score\":0.5,\"keypoints\":[1,2,1,4,6,0.1]";
        var read = Results($$"""[{{{Pose}}},{{{Pose}},"bbox":[0,0,100,100]}]""", truth, Keypoints);
        Assert.Equal([12, 12], read.Detections.Select(d => d.Area));
        Assert.Equal([1, 2, 4, 6], read.Detections[1].Keypoints.ToArray());
        read = Results($$"""[{{{Pose}},"bbox":[0,0,100,100]}]""", truth, Keypoints);
        Assert.Equal(10000, Assert.Single(read.Detections).Area);
        Assert.Equal(
            "[1].bbox: must be there, as it is in the first record",
            Assert.Throws<CocoFormatException>(() => Results($$"""[{{{Pose}},"bbox":[0,0,1,1]},{{{Pose}}}]""", truth, Keypoints)).Faults[0].ToString());
        Assert.Equal(12, Results($$"""[{{{Pose}},"bbox":[]}]""", truth, Keypoints).Detections[0].Area);
        Assert.Empty(Results("[]", truth, Keypoints).Detections);
        Assert.Empty(Results("\uFEFF []  ", truth, Keypoints).Detections);
    }

    /// <summary>Three wrong records of forty thousand; the file is larger than what is in memory of it at a time.</summary>
    [Fact]
    public void A_few_wrong_results_of_many_refuse_the_file_or_are_left_out()
    {
        var truth = Truth($$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[]}""", Boxes).Dataset;
        var text = new StringBuilder("[");
        for (var i = 0; i < 40_000; i++)
        {
            var image = i == 17 ? "5" : "2.0";
            var box = i == 20_000 ? "[NaN,1,2,3]" : "[0.125,1,2,3]";
            var score = i == 39_999 ? "\"Infinity\"" : "0.25";
            text.Append(i == 0 ? "" : ",\n").Append(
                CultureInfo.InvariantCulture, $$"""{"note":"I \"NaN\" \\","image_id":{{image}},"category_id":{{i % 3}},"bbox":{{box}},"score":{{score}}}""");
        }

        text.Append(']');
        var refused = Assert.Throws<CocoFormatException>(() => Results(text.ToString(), truth, Boxes));
        Assert.Equal((3, "3 of 40000 records are wrong"), (refused.Count, refused.Message[..28]));
        Assert.Equal(
            [
                "[17].image_id: the ground truth has no image 5", "[20000].bbox[0]: must be a finite number, not NaN",
                "[39999].score: must be a finite number, not 'Infinity'",
            ],
            refused.Faults.Select(f => f.ToString()));
        var read = Results(text.ToString(), truth, Boxes with { SkipInvalid = true });
        Assert.Equal((39_997, 3), (read.Detections.Count, read.SkippedCount));
        Assert.All(read.Detections, d => Assert.Equal((2, 0.25, 6.0, 0.125), (d.ImageId, d.Score, d.Area, d.Box.X)));
    }

    /// <summary>Wherever the reading is torn, the same comes out.</summary>
    [Fact]
    public void Pieces_of_any_length_are_the_same_file()
    {
        var truth = Truth($$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[]}""", Boxes).Dataset;
        const string Good = """{"image_id":1,"category_id":1,"score":-1.5e-3,"bbox":[1,2,3,4],"x":"\\\"NaN"}""";
        const string Wrong = """{"image_id":1,"category_id":1,"score":NaN,"bbox":[1,-Infinity,3,4]}""";
        var text = $"[{Good},{Wrong}]";
        for (var length = 1; length < 12; length++)
        {
            var read = CocoResultsReader.Read(new Torn(Encoding.UTF8.GetBytes(text), length), truth, Boxes with { SkipInvalid = true });
            Assert.Equal(-1.5e-3, Assert.Single(read.Detections).Score);
            Assert.Equal("[1].score: must be a finite number, not NaN", Assert.Single(read.Skipped).ToString());
        }
    }

    private static CocoDataset Empty() => new([], [], []);

    private static CocoGroundTruth Truth(string text, CocoReadOptions options) => CocoGroundTruthReader.Read(Stream(text), options);

    private static CocoResults Results(string text, CocoDataset truth, CocoReadOptions options) => CocoResultsReader.Read(Stream(text), truth, options);

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    private sealed class Torn(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(piece, buffer.Length)]);
    }

    private static string WithBox(string box)
    {
        var annotation = Annotation.Replace("[1,2,3,4]", box, StringComparison.Ordinal);
        return $$"""{"images":{{Images}},"categories":{{Categories}},"annotations":[{{annotation}}]}""";
    }
}
