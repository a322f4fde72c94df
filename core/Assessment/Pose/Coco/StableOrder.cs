namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Orders of many numbers, in which equal ones keep theirs: a merge sort.</summary>
internal static class StableOrder
{
    // As long as this, insertion is quicker.
    private const int Run = 16;

    /// <summary>Places by descending score; what is not a number is last.</summary>
    public static int[] Descending(ReadOnlySpan<double> scores)
    {
        var keys = new long[scores.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = double.IsNaN(scores[i]) ? long.MaxValue : ~Ascending(scores[i]);
        return Sort(keys);
    }

    /// <summary>Puts keys in ascending order.</summary>
    /// <param name="keys">Sorted afterwards.</param>
    /// <returns>Where each of them was.</returns>
    public static int[] Sort(long[] keys)
    {
        var places = new int[keys.Length];
        for (var i = 0; i < places.Length; i++)
            places[i] = i;
        for (var from = 0; from < keys.Length; from += Run)
            Insert(keys, places, from, Math.Min(from + Run, keys.Length));
        if (keys.Length <= Run)
            return places;
        var (sorted, sortedPlaces) = (keys, places);
        var (merged, mergedPlaces) = (new long[keys.Length], new int[keys.Length]);
        for (var width = (long)Run; width < keys.Length; width *= 2)
        {
            for (long from = 0; from < keys.Length; from += 2 * width)
            {
                var (middle, to) = ((int)Math.Min(from + width, keys.Length), (int)Math.Min(from + (2 * width), keys.Length));
                Merge(sorted, sortedPlaces, merged, mergedPlaces, (int)from, middle, to);
            }

            (sorted, merged) = (merged, sorted);
            (sortedPlaces, mergedPlaces) = (mergedPlaces, sortedPlaces);
        }

        if (sorted != keys)
            sorted.CopyTo(keys, 0);
        return sortedPlaces;
    }

    private static void Insert(long[] keys, int[] places, int from, int to)
    {
        for (var i = from + 1; i < to; i++)
        {
            var (key, place, at) = (keys[i], places[i], i);
            for (; at > from && keys[at - 1] > key; at--)
                (keys[at], places[at]) = (keys[at - 1], places[at - 1]);
            (keys[at], places[at]) = (key, place);
        }
    }

    private static void Merge(long[] keys, int[] places, long[] merged, int[] mergedPlaces, int from, int middle, int to)
    {
        var (left, right) = (from, middle);
        for (var at = from; at < to; at++)
        {
            var next = left < middle && (right == to || keys[left] <= keys[right]) ? left++ : right++;
            (merged[at], mergedPlaces[at]) = (keys[next], places[next]);
        }
    }

    // The bits of positive numbers are in their order, those of negative ones the other way round; 0 and -0 are equal.
    private static long Ascending(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        return bits < 0 ? bits ^ long.MaxValue : bits;
    }
}
