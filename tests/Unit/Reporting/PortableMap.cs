using System.Globalization;
using System.Text;

namespace Iml4e.Tests.Unit.Reporting;

/// <summary>A picture in the format PPM, binary.</summary>
internal sealed class PortableMap(int width, int height, byte[] pixels)
{
    public static PortableMap Read(byte[] file)
    {
        var (at, numbers) = (2, new List<int>());
        Assert.Equal("P6", Encoding.ASCII.GetString(file, 0, 2));
        while (numbers.Count < 3)
        {
            while (char.IsWhiteSpace((char)file[at]))
                at++;
            var start = at;
            while (!char.IsWhiteSpace((char)file[at]))
                at++;
            numbers.Add(int.Parse(Encoding.ASCII.GetString(file, start, at - start), CultureInfo.InvariantCulture));
        }

        return new PortableMap(numbers[0], numbers[1], file[(at + 1)..]);
    }

    /// <summary>Pixels of about that colour.</summary>
    public int Count((int Red, int Green, int Blue) color)
    {
        var count = 0;
        for (var i = 0; i < width * height; i++)
        {
            if (Math.Abs(pixels[3 * i] - color.Red) + Math.Abs(pixels[(3 * i) + 1] - color.Green) + Math.Abs(pixels[(3 * i) + 2] - color.Blue) < 6)
                count++;
        }

        return count;
    }
}
