using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

/// <summary>What is told of a column to those who were not given its values.</summary>
public sealed class ColumnInferenceTests
{
    private static readonly ColumnInference Inference = Frames.Csv("name,n,when\n1,1,2024-01-01\nAda Lovelace,2,2024-01-02\nGrace,3,soon\n")["name"].Inference!;

    [Fact]
    public void Without_values_it_is_told_where_the_odd_ones_stand_and_not_what_they_are()
    {
        Assert.Equal("category: 'Ada Lovelace' in row 2 is not a number (1 of 3 values are)", Inference.Summary);
        var masked = Inference.WithoutValues();
        Assert.Equal("category: the value in row 2 is not a number (1 of 3 values are)", masked.Summary);
        Assert.Equal([new FallbackExample(2, 3, null, "a number"), new FallbackExample(3, 4, null, "a number")], masked.Examples);
        Assert.DoesNotMatch("Ada|Grace", System.Text.Json.JsonSerializer.Serialize(masked));
        Assert.Equal(Inference with { Examples = [] }, masked with { Examples = [] });
        Assert.Equal("Ada Lovelace", Inference.Examples[0].Value);
    }

    [Fact]
    public void What_is_withheld_stays_withheld_when_parts_follow()
    {
        var next = Frames.Csv(
            "name\nAlan\n", new TableReadOptions { Known = new Dictionary<string, ColumnInference> { ["name"] = Inference.WithoutValues() } });
        var both = Inference.WithoutValues().Then(next["name"].Inference!);
        Assert.Equal(4, both.Rows);
        Assert.DoesNotMatch("Ada|Grace|Alan", System.Text.Json.JsonSerializer.Serialize(both) + both.Summary);
        // And in the order of first and next: of the examples of a later part the values go too.
        Assert.All(Inference.WithoutValues().Then(Inference).WithoutValues().Examples, e => Assert.Null(e.Value));
    }

    [Fact]
    public void Where_no_value_forced_anything_nothing_changes()
    {
        var plain = Frames.Csv("n\n1\n2\n")["n"].Inference!;
        Assert.Same(plain, plain.WithoutValues());
    }
}
