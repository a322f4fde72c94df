using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// One patch that misleads a detector on many images: DPatch (Liu et al., 2019) at random places, RobustDPatch (Lee and Kolter, 2019) at a fixed place under
/// random crops, turns and brightness. The patch follows the sign of the gradients of all images, summed up.
/// </summary>
public sealed class PatchAttack
{
    private readonly PatchOptions _options;

    /// <summary>Makes the attack.</summary>
    /// <exception cref="ArgumentException">The options do not make sense.</exception>
    public PatchAttack(PatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Rotations.Count != 4 || options.Rotations.Any(r => r < 0) || options.Rotations.Sum() <= 0)
            throw new ArgumentException("rotations are four weights, not all 0", nameof(options));
        _options = options;
    }

    /// <summary>Makes a patch.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="images">The images one after another.</param>
    /// <param name="seed">Seed of places and transforms.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="ArgumentException">The patch does not fit into the images, or into what is left of them.</exception>
    public PatchResult Run(Detector detector, ReadOnlySpan<float> images, long seed, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(detector);
        var shape = detector.Shape;
        Check(shape);
        var count = images.Length / shape.Size;
        var random = new SampleRandom(SampleRandom.Key(seed, "patch"));
        var patch = new float[shape.Channels * _options.Height * _options.Width];
        for (var j = 0; j < patch.Length; j++)
            patch[j] = random.NextFloat(0, 1);
        var places = new (int Top, int Left)[count];
        for (var i = 0; i < count; i++)
            places[i] = _options.Location ?? (random.Next(shape.Height - _options.Height + 1), random.Next(shape.Width - _options.Width + 1));
        var clean = images.ToArray();
        var fixedSubject = IsPlain ? Subject(detector, Patched(clean, patch, places, shape), Truth(places), ct) : null;
        for (var step = 0; step < _options.Iterations; step++)
        {
            var sum = new double[patch.Length];
            for (var draw = 0; draw < (IsPlain ? 1 : _options.Draws); draw++)
                Add(detector, clean, patch, places, fixedSubject, sum, ref random, ct);
            for (var j = 0; j < patch.Length; j++)
                patch[j] = Math.Clamp(patch[j] + (_options.Target is null ? 1 : -1) * _options.Step * Math.Sign(sum[j]), 0, 1);
        }

        var rows = (long)_options.Iterations * (IsPlain ? 1 : _options.Draws) * count;
        return new PatchResult(patch, Patched(clean, patch, places, shape), places, (double)_options.Height * _options.Width / shape.Plane, rows);
    }

    /// <summary>The same places with another content, as control: what the covering alone does.</summary>
    public static float[] Cover(ReadOnlySpan<float> images, ImageShape shape, PatchResult result, PatchOptions options, ReadOnlySpan<float> content)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(options);
        var covered = images.ToArray();
        for (var i = 0; i < result.Places.Count; i++)
            Paste(covered.AsSpan(i * shape.Size, shape.Size), content, result.Places[i], shape, options);
        return covered;
    }

    private bool IsPlain => _options.Crop == (0, 0) && _options.Brightness == (1f, 1f) && _options.Rotations.Skip(1).All(r => r == 0);

    private void Add(
        Detector detector, float[] clean, float[] patch, (int Top, int Left)[] places, DetectorSubject? fixedSubject, double[] sum, ref SampleRandom random,
            CancellationToken ct)
    {
        var (shape, count) = (detector.Shape, places.Length);
        var patched = Patched(clean, patch, places, shape);
        var view = IsPlain ? default(PatchView?) : Draw(ref random);
        var subject = fixedSubject;
        if (view is { } seen)
        {
            var (bare, covered) = (new float[clean.Length], new float[clean.Length]);
            for (var i = 0; i < count; i++)
            {
                seen.Apply(clean.AsSpan(i * shape.Size, shape.Size), bare.AsSpan(i * shape.Size, shape.Size), shape);
                seen.Apply(patched.AsSpan(i * shape.Size, shape.Size), covered.AsSpan(i * shape.Size, shape.Size), shape);
            }

            PerturbationBall.Unit(bare);
            PerturbationBall.Unit(covered);
            // What is wanted is found in the view without the patch.
            subject = Subject(detector, _options.Target is null ? bare : covered, _options.Target is null ? null : Truth(places), ct);
            patched = covered;
        }

        using var objective = subject!.Raise();
        var (losses, gradients) = (new float[count], new float[clean.Length]);
        objective.Evaluate(patched, [.. Enumerable.Range(0, count)], losses, gradients, new bool[count], ct);
        var back = new float[shape.Size];
        for (var i = 0; i < count; i++)
        {
            ReadOnlySpan<float> gradient = gradients.AsSpan(i * shape.Size, shape.Size);
            if (view is { } v)
            {
                Array.Clear(back);
                v.PullBack(gradient, back, shape);
                gradient = back;
            }

            Cut(gradient, places[i], shape, sum);
        }
    }

    private PatchView Draw(ref SampleRandom random)
    {
        var (total, at) = (_options.Rotations.Sum(), random.NextDouble());
        var quarters = 0;
        for (var sum = _options.Rotations[0] / total; quarters < 3 && at >= sum; sum += _options.Rotations[quarters] / total)
            quarters++;
        return new PatchView(
            random.Next(_options.Crop.Vertical + 1), random.Next(_options.Crop.Vertical + 1), random.Next(_options.Crop.Horizontal + 1),
            random.Next(_options.Crop.Horizontal + 1), quarters, random.NextFloat(_options.Brightness.Least, _options.Brightness.Largest));
    }

    private static DetectorSubject Subject(Detector detector, float[] images, IReadOnlyList<IReadOnlyList<TrueObject>>? truth, CancellationToken ct) => new(
        detector, images, truth, truth is null ? DetectorLoss.TogUntargeted : DetectorLoss.DetectorTotal, DetectorWeights.For(null), ct);

    private IReadOnlyList<IReadOnlyList<TrueObject>>? Truth((int Top, int Left)[] places) => _options.Target is not { } target ? null :
        [.. places.Select(p => (IReadOnlyList<TrueObject>)[new TrueObject(new Box(p.Left, p.Top, p.Left + _options.Width, p.Top + _options.Height), target)])];

    private float[] Patched(float[] images, float[] patch, (int Top, int Left)[] places, ImageShape shape)
    {
        var result = images.ToArray();
        for (var i = 0; i < places.Length; i++)
            Paste(result.AsSpan(i * shape.Size, shape.Size), patch, places[i], shape, _options);
        return result;
    }

    private static void Paste(Span<float> image, ReadOnlySpan<float> patch, (int Top, int Left) place, ImageShape shape, PatchOptions options)
    {
        for (var c = 0; c < shape.Channels; c++)
        {
            for (var y = 0; y < options.Height; y++)
            {
                patch.Slice((c * options.Height + y) * options.Width, options.Width)
                    .CopyTo(image[(c * shape.Plane + (place.Top + y) * shape.Width + place.Left)..]);
            }
        }
    }

    private void Cut(ReadOnlySpan<float> gradient, (int Top, int Left) place, ImageShape shape, double[] sum)
    {
        for (var c = 0; c < shape.Channels; c++)
        {
            for (var y = 0; y < _options.Height; y++)
            {
                for (var x = 0; x < _options.Width; x++)
                    sum[(c * _options.Height + y) * _options.Width + x] += gradient[c * shape.Plane + (place.Top + y) * shape.Width + place.Left + x];
            }
        }
    }

    private void Check(ImageShape shape)
    {
        if (_options.Height > shape.Height || _options.Width > shape.Width)
            throw new ArgumentException($"a patch of {_options.Height} x {_options.Width} does not fit into images of {shape.Height} x {shape.Width}");
        if (_options.Rotations[1] + _options.Rotations[3] > 0 && shape.Height != shape.Width)
            throw new ArgumentException("only square images can be turned by 90 degrees");
        if (_options.Location is not { } at)
            return;
        if (at.Top < _options.Crop.Vertical || at.Left < _options.Crop.Horizontal || at.Top + _options.Height > shape.Height - _options.Crop.Vertical
            || at.Left + _options.Width > shape.Width - _options.Crop.Horizontal)
            throw new ArgumentException("the patch must lie within what every crop leaves of the image");
    }
}
