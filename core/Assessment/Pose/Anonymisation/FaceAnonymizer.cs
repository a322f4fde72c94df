using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Inference;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Pose.Anonymisation;

/// <summary>Makes the faces in images unrecognisable, before the images go anywhere: a detector of the user's finds them.</summary>
/// <param name="detector">Finds faces; its class 0 counts. Stays the caller's.</param>
/// <param name="preprocessing">What it does to pixels; how images are resized for it.</param>
/// <param name="options">The settings.</param>
public sealed class FaceAnonymizer(Detector detector, Preprocessing preprocessing, FaceAnonymizerOptions options)
{
    private const int CellsAcross = 6;
    private const int LeastCell = 4;
    private const int Passes = 3;
    private const double TileOverlap = 0.25;
    private const int MostTiles = 36;

    /// <summary>Finds faces and makes them unrecognisable.</summary>
    /// <param name="image">UINT8 [H,W,3], RGB, as it is stored; stays as it is.</param>
    /// <param name="turn">What makes it upright: faces are looked for in the upright image, too.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The image without faces, as it was stored, and how many boxes were treated.</returns>
    public (Tensor Image, int Faces) Apply(Tensor image, ImageTurn turn = default, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
        var pixels = image.Data.ToArray();
        List<Box> faces = [.. turn.IsNone ? [] : Find(turn.Upright(image), ct).Select(Stored)];
        foreach (var face in Find(image, ct))
            Add(faces, face);
        foreach (var face in faces)
        {
            var (dx, dy) = ((face.X2 - face.X1) * options.Margin, (face.Y2 - face.Y1) * options.Margin);
            var (left, top) = (Math.Max(0, (int)Math.Floor(face.X1 - dx)), Math.Max(0, (int)Math.Floor(face.Y1 - dy)));
            var (right, bottom) = (Math.Min(width, (int)Math.Ceiling(face.X2 + dx)), Math.Min(height, (int)Math.Ceiling(face.Y2 + dy)));
            if (right <= left || bottom <= top)
                continue;
            if (options.Method == AnonymisationMethod.Pixelate)
                Pixelate(pixels, width, left, top, right, bottom);
            else
                Blur(pixels, width, left, top, right, bottom);
        }

        return (new Tensor(image.Name, TensorDatatype.UInt8, image.Shape, pixels), faces.Count);

        Box Stored(Box upright)
        {
            var ((x1, y1), (x2, y2)) = (turn.Back(upright.X1, upright.Y1, width, height), turn.Back(upright.X2, upright.Y2, width, height));
            return new Box(Math.Min(x1, x2), Math.Min(y1, y2), Math.Max(x1, x2), Math.Max(y1, y2));
        }
    }

    // One face seen twice is one.
    private static void Add(List<Box> faces, Box face)
    {
        if (!faces.Exists(other => other.Overlap(face) > 0.7))
            faces.Add(face);
    }

    private List<Box> Find(Tensor image, CancellationToken ct)
    {
        var limits = new DetectionLimits { Confidence = options.LeastScore, Overlap = 0.5 };
        var found = new List<Box>();
        foreach (var (left, top, part) in Parts(image))
        {
            var fitting = ImageFitting.For((int)part.Shape[0], (int)part.Shape[1], detector.Shape, preprocessing.Resize);
            var pixels = fitting.Apply(part, detector.Shape, preprocessing.Pad);
            foreach (var face in detector.Detect(pixels, limits, ct)[0].Where(f => f.Class == 0))
            {
                var box = fitting.Back(face.Box);
                Add(found, new Box(box.X1 + left, box.Y1 + top, box.X2 + left, box.Y2 + top));
            }
        }

        return found;
    }

    // The whole image, and tiles of about twice the detector's size where it is larger than that.
    private IEnumerable<(int Left, int Top, Tensor Part)> Parts(Tensor image)
    {
        yield return (0, 0, image);
        var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
        var side = 2 * Math.Max(detector.Shape.Height, detector.Shape.Width);
        if (!options.Tiles || (height <= side && width <= side))
            yield break;
        var step = Math.Max((int)(side * (1 - TileOverlap)), (int)Math.Sqrt((double)height * width / MostTiles));
        side = Math.Max(side, (int)(step / (1 - TileOverlap)));
        for (var top = 0; top == 0 || top + side - step < height; top += step)
        {
            for (var left = 0; left == 0 || left + side - step < width; left += step)
                yield return (left, top, Cut(image, left, top, Math.Min(side, width - left), Math.Min(side, height - top)));
        }
    }

    private static Tensor Cut(Tensor image, int left, int top, int width, int height)
    {
        var part = new byte[3 * width * height];
        for (var y = 0; y < height; y++)
            image.Data.Span.Slice(3 * (((top + y) * (int)image.Shape[1]) + left), 3 * width).CopyTo(part.AsSpan(3 * y * width));
        return new Tensor("part", TensorDatatype.UInt8, [height, width, 3], part);
    }

    private static void Pixelate(byte[] pixels, int width, int left, int top, int right, int bottom)
    {
        var cell = Math.Max(LeastCell, (Math.Max(right - left, bottom - top) + CellsAcross - 1) / CellsAcross);
        // No narrow rest, in which something fine would stay.
        var (down, across) = (Math.Max(1, (bottom - top) / cell), Math.Max(1, (right - left) / cell));
        for (var row = 0; row < down; row++)
        {
            for (var column = 0; column < across; column++)
            {
                var (y0, y1) = (top + (row * (bottom - top) / down), top + ((row + 1) * (bottom - top) / down));
                var (x0, x1) = (left + (column * (right - left) / across), left + ((column + 1) * (right - left) / across));
                for (var c = 0; c < 3; c++)
                {
                    var sum = 0;
                    for (var y = y0; y < y1; y++)
                    {
                        for (var x = x0; x < x1; x++)
                            sum += pixels[(3 * ((y * width) + x)) + c];
                    }

                    var mean = (byte)(sum / ((y1 - y0) * (x1 - x0)));
                    for (var y = y0; y < y1; y++)
                    {
                        for (var x = x0; x < x1; x++)
                            pixels[(3 * ((y * width) + x)) + c] = mean;
                    }
                }
            }
        }
    }

    // What lies outside the box plays no part, so that nothing of the face is mixed out of it.
    private static void Blur(byte[] pixels, int width, int left, int top, int right, int bottom)
    {
        var radius = Math.Max(LeastCell, Math.Max(right - left, bottom - top) / CellsAcross);
        var (w, h) = (right - left, bottom - top);
        var line = new byte[Math.Max(w, h)];
        for (var c = 0; c < 3; c++)
        {
            for (var pass = 0; pass < Passes; pass++)
            {
                for (var y = top; y < bottom; y++)
                    Smooth(pixels, (3 * ((y * width) + left)) + c, 3, line.AsSpan(0, w), radius);
                for (var x = left; x < right; x++)
                    Smooth(pixels, (3 * ((top * width) + x)) + c, 3 * width, line.AsSpan(0, h), radius);
            }
        }
    }

    private static void Smooth(byte[] pixels, int start, int stride, Span<byte> line, int radius)
    {
        for (var i = 0; i < line.Length; i++)
            line[i] = pixels[start + (i * stride)];
        var (sum, first, last) = (0, 0, -1);
        for (var i = 0; i < line.Length; i++)
        {
            while (last < Math.Min(line.Length - 1, i + radius))
                sum += line[++last];
            while (first < i - radius)
                sum -= line[first++];
            pixels[start + (i * stride)] = (byte)(sum / (last - first + 1));
        }
    }
}
