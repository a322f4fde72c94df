using System.Numerics;
using System.Numerics.Tensors;

namespace Iml4e.Assessment.Adversarial.Threat;

/// <summary>What an attacker may do to an image: change it by at most so much, within [0,1].</summary>
/// <param name="Norm">How the change is measured.</param>
/// <param name="Radius">The largest change, ε, in pixel scale [0,1]; at least 0.</param>
public sealed record PerturbationBall(PerturbationNorm Norm, float Radius)
{
    /// <summary>Moves an image back to what is allowed: onto the ball around the clean one first, then into [0,1].</summary>
    public void Project(ReadOnlySpan<float> clean, Span<float> image)
    {
        if (Norm == PerturbationNorm.Linf)
        {
            ClampAround(clean, image, Radius);
            return;
        }

        TensorPrimitives.Subtract(image, clean, image);
        if (Norm == PerturbationNorm.L1)
            L1Projection.Apply(image, Radius);
        else
            ShortenTo(image, Radius);
        TensorPrimitives.Add(image, clean, image);
        Unit(image);
        Tighten(clean, image);
    }

    /// <summary>Turns a gradient into the steepest step of length 1; a gradient of zeros stays as it is.</summary>
    public void Direct(Span<float> gradient) => Direct(Norm, gradient);

    /// <summary>Turns a gradient into the steepest step of length 1 under a norm; sign(0) = 0.</summary>
    public static void Direct(PerturbationNorm norm, Span<float> gradient)
    {
        switch (norm)
        {
            case PerturbationNorm.Linf:
                Sign(gradient);
                break;
            case PerturbationNorm.L2:
                var length = Math.Sqrt(SumOfSquares(gradient));
                if (length > 0)
                    Scale(gradient, 1 / length);
                break;
            default:
                var largest = TensorPrimitives.IndexOfMaxMagnitude<float>(gradient);
                var sign = Math.Sign(gradient[largest]);
                gradient.Clear();
                gradient[largest] = sign;
                break;
        }
    }

    /// <summary>A random image of what is allowed: uniform in the ball, then cut to [0,1].</summary>
    /// <param name="clean">The clean image.</param>
    /// <param name="image">Where the result goes.</param>
    /// <param name="mask">Factor of each value's change; empty = 1 everywhere.</param>
    /// <param name="random">The sample's random numbers.</param>
    public void Start(ReadOnlySpan<float> clean, Span<float> image, ReadOnlySpan<float> mask, ref SampleRandom random)
    {
        switch (Norm)
        {
            case PerturbationNorm.Linf:
                for (var i = 0; i < image.Length; i++)
                    image[i] = random.NextFloat(-Radius, Radius);
                break;
            case PerturbationNorm.L2:
                for (var i = 0; i < image.Length; i++)
                    image[i] = (float)random.NextGaussian();
                Scale(image, Radius * Math.Pow(random.NextDouble(), 1.0 / image.Length) / Math.Sqrt(SumOfSquares(image)));
                break;
            default:
                // Intervals of a Poisson process are uniform on the simplex; the one left over is the distance to its edge.
                double sum = -Math.Log(1 - random.NextDouble());
                for (var i = 0; i < image.Length; i++)
                {
                    var part = -Math.Log(1 - random.NextDouble());
                    sum += part;
                    image[i] = (float)(part * random.NextSign());
                }

                Scale(image, Radius / sum);
                break;
        }

        if (!mask.IsEmpty)
            TensorPrimitives.Multiply(image, mask, image);
        TensorPrimitives.Add(image, clean, image);
        Project(clean, image);
    }

    /// <summary>How large a change is.</summary>
    public double Measure(ReadOnlySpan<float> clean, ReadOnlySpan<float> image) => Measure(Norm, clean, image);

    /// <summary>How large a change is under a norm.</summary>
    public static double Measure(PerturbationNorm norm, ReadOnlySpan<float> clean, ReadOnlySpan<float> image)
    {
        double result = 0;
        for (var i = 0; i < image.Length; i++)
        {
            var d = Math.Abs((double)image[i] - clean[i]);
            result = norm switch { PerturbationNorm.Linf => Math.Max(result, d), PerturbationNorm.L2 => result + d * d, _ => result + d };
        }

        return norm == PerturbationNorm.L2 ? Math.Sqrt(result) : result;
    }

    /// <summary>Cuts values to [0,1].</summary>
    public static void Unit(Span<float> image)
    {
        TensorPrimitives.Max(image, 0f, image);
        TensorPrimitives.Min(image, 1f, image);
    }

    /// <summary>Multiplies in double precision.</summary>
    internal static void Scale(Span<float> values, double factor)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(values[i] * factor);
    }

    /// <summary>Sum of squares in double precision.</summary>
    internal static double SumOfSquares(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var v in values)
            sum += (double)v * v;
        return sum;
    }

    private static void ShortenTo(Span<float> delta, double radius)
    {
        var length = Math.Sqrt(SumOfSquares(delta));
        if (length > radius)
            Scale(delta, radius / length);
    }

    private static void ClampAround(ReadOnlySpan<float> clean, Span<float> image, float radius)
    {
        var i = 0;
        var (r, zero, one) = (new Vector<float>(radius), Vector<float>.Zero, Vector<float>.One);
        for (; i <= image.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var c = new Vector<float>(clean[i..]);
            var x = Vector.Min(Vector.Max(new Vector<float>(image[i..]), c - r), c + r);
            Vector.Min(Vector.Max(x, zero), one).CopyTo(image[i..]);
        }

        for (; i < image.Length; i++)
            image[i] = Math.Clamp(Math.Clamp(image[i], clean[i] - radius, clean[i] + radius), 0f, 1f);
    }

    private static void Sign(Span<float> values)
    {
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var v = new Vector<float>(values[i..]);
            var up = Vector.ConditionalSelect(Vector.GreaterThan(v, Vector<float>.Zero), Vector<float>.One, Vector<float>.Zero);
            Vector.ConditionalSelect(Vector.LessThan(v, Vector<float>.Zero), -Vector<float>.One, up).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
            values[i] = Math.Sign(values[i]);
    }

    // Sums of very many rounded values may exceed the radius by their rounding.
    private void Tighten(ReadOnlySpan<float> clean, Span<float> image)
    {
        for (var tries = 0; tries < 8 && Measure(clean, image) is var size && size > Radius + 5e-7; tries++)
        {
            var factor = Radius / size * (1 - 1e-7);
            for (var i = 0; i < image.Length; i++)
                image[i] = (float)(clean[i] + (image[i] - (double)clean[i]) * factor);
        }
    }
}
