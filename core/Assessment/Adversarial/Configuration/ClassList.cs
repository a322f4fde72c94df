using System.Globalization;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>
/// The classes of a detector: how many, and what they are called if that is known. Written as their number, as their names, or as coco80 or voc20.
/// </summary>
/// <param name="Count">How many.</param>
/// <param name="Names">Their names in order; empty where they have numbers alone.</param>
[JsonConverter(typeof(ClassListConverter))]
public sealed record ClassList(int Count, IReadOnlyList<string> Names)
{
    /// <summary>Lists with a name of their own.</summary>
    internal static IReadOnlyDictionary<string, ClassList> Known { get; } = new Dictionary<string, ClassList>(StringComparer.Ordinal)
    {
        ["coco80"] = Of(
            """
            person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,
            elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,
            surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,
            couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,
            scissors,teddy bear,hair drier,toothbrush
            """),
        ["voc20"] = Of(
            """
            aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,diningtable,dog,horse,motorbike,person,pottedplant,sheep,sofa,train,tvmonitor
            """),
    };

    /// <summary>What a class is called; its number where that is not known.</summary>
    public string Of(int kind) => kind >= 0 && kind < Names.Count ? Names[kind] : kind.ToString(CultureInfo.InvariantCulture);

    private static ClassList Of(string names)
    {
        var all = names.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new ClassList(all.Length, all);
    }
}
