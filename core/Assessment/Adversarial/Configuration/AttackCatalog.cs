using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>All attacks by name: defaults, what is checked, how they are made.</summary>
public static class AttackCatalog
{
    private const double Level = 1.0 / 255;
    private static readonly string[] Norms = ["linf", "l2", "l1"];
    private static readonly string[] Boundless = ["cw", "deepfool", "simba", "hopskipjump", "boundary", "zoo"];
    private static readonly string[] BlackBox = ["simba", "square", "hopskipjump", "boundary", "nes", "zoo", "noise"];
    private static readonly string[] Patches = ["dpatch", "robust_dpatch"];
    private static readonly string[] ClassifiersOnly = ["cw", "deepfool", "auto", "hopskipjump", "boundary"];

    private static readonly Dictionary<string, DetectorLoss> DetectorLosses = new(StringComparer.Ordinal)
    {
        ["detector_total"] = DetectorLoss.DetectorTotal, ["tog_untargeted"] = DetectorLoss.TogUntargeted, ["tog_vanishing"] = DetectorLoss.TogVanishing,
        ["tog_fabrication"] = DetectorLoss.TogFabrication, ["tog_mislabel_ml"] = DetectorLoss.TogMislabelMl, ["tog_mislabel_ll"] = DetectorLoss.TogMislabelLl,
        ["overload"] = DetectorLoss.Overload,
    };

    private static readonly Dictionary<string, Func<AttackSettings, PerturbationBall, IAttack>> Makers = new(StringComparer.Ordinal)
    {
        ["fgsm"] = (s, ball) => s.Minimal
            ? new MinimalGradientAttack(ball, (float)s.EpsStep!.Value)
            : new IterativeAttack(Iterative(s, ball) with { Step = ball.Radius, Iterations = 1 }),
        ["bim"] = (s, ball) => new IterativeAttack(Iterative(s, ball)),
        ["pgd"] = (s, ball) => new IterativeAttack(Iterative(s, ball)),
        ["mi_fgsm"] = (s, ball) => new IterativeAttack(Iterative(s, ball) with { Momentum = Momentum(s) }),
        ["ni_fgsm"] = (s, ball) => new IterativeAttack(Iterative(s, ball) with { Momentum = Momentum(s), Nesterov = true }),
        ["di_fgsm"] = (s, ball) => new IterativeAttack(Iterative(s, ball) with { Momentum = Momentum(s), Diversity = Diversity(s) }),
        ["ti_fgsm"] = (s, ball) => new IterativeAttack(Iterative(s, ball) with { Momentum = Momentum(s), Kernel = Kernel(s) }),
        ["di_ti_mi_fgsm"] = (s, ball) => new IterativeAttack(Iterative(s, ball) with { Momentum = Momentum(s), Diversity = Diversity(s), Kernel = Kernel(s) }),
        ["apgd"] = (s, ball) => new ApgdAttack(new ApgdOptions
        {
            Ball = ball, Iterations = s.MaxIter!.Value, RandomStarts = Math.Max(1, s.NumRandomInit!.Value), Progress = s.Rho ?? 0.75,
            Loss = s.Loss == "dlr" ? AttackLoss.Dlr : AttackLoss.CrossEntropy, ArtCheckpoints = s.Checkpoints == "art",
        }),
        ["auto"] = (s, ball) => new AutoAttack(new AutoOptions { Ball = ball, Iterations = s.MaxIter!.Value, Targets = s.NbGrads ?? 9,
            Queries = (int)(s.MaxQueries ?? 5_000) }),
        ["cw"] = (s, _) => new CarliniWagnerAttack(new CarliniWagnerOptions
        {
            Confidence = (float)(s.Confidence ?? 0), LearningRate = (float)(s.LearningRate ?? 0.01), BinarySteps = s.BinarySearchSteps ?? 9,
            Iterations = s.MaxIter!.Value, FirstWeight = (float)(s.InitialConst ?? 1),
        }),
        ["deepfool"] = (s, ball) => new DeepFoolAttack(new DeepFoolOptions
        {
            Norm = ball.Norm, Iterations = s.MaxIter!.Value, Overshoot = (float)(s.Overshoot ?? 0.02), Classes = s.NbGrads ?? 10,
        }),
        ["simba"] = (s, _) => new SimbaAttack(new SimbaOptions
        {
            Step = (float)(s.Eps ?? 0.1), Iterations = s.MaxIter!.Value, Dct = s.Dct ?? true, Frequencies = s.FreqDim ?? 4,
            MaxQueries = s.MaxQueries ?? long.MaxValue,
        }),
        ["square"] = (s, ball) => new SquareAttack(new SquareOptions
        {
            Ball = ball, Iterations = s.MaxIter!.Value, FirstPart = s.PInit ?? 0.8, Restarts = s.Restarts ?? 1, MaxQueries = s.MaxQueries ?? long.MaxValue,
        }),
        ["hopskipjump"] = (s, ball) => new HopSkipJumpAttack(new HopSkipJumpOptions
        {
            Norm = ball.Norm, Iterations = s.MaxIter!.Value, MaxEvaluations = s.MaxEval ?? 10_000, FirstEvaluations = s.InitEval ?? 100,
            StartTries = s.InitSize ?? 100, MaxQueries = s.MaxQueries ?? long.MaxValue,
        }),
        ["boundary"] = (s, _) => new BoundaryAttack(new BoundaryOptions
        {
            Iterations = s.MaxIter!.Value, Noises = s.SampleSize ?? 20, StartTries = s.InitSize ?? 100, MaxQueries = s.MaxQueries ?? long.MaxValue,
        }),
        ["nes"] = (s, ball) => new NesAttack(new NesOptions
        {
            Ball = ball, Step = (float)s.EpsStep!.Value, Iterations = s.MaxIter!.Value, Sigma = (float)(s.Sigma ?? 0.001), Samples = s.SampleSize ?? 50,
            Momentum = (float)(s.Decay ?? 0.9), MaxQueries = s.MaxQueries ?? long.MaxValue,
        }),
        ["zoo"] = (s, _) => new ZooAttack(new ZooOptions
        {
            Confidence = (float)(s.Confidence ?? 0), LearningRate = (float)(s.LearningRate ?? 0.01), BinarySteps = s.BinarySearchSteps ?? 1,
            Iterations = s.MaxIter!.Value, FirstWeight = (float)(s.InitialConst ?? 1e-3), Coordinates = s.SampleSize ?? 128,
            MaxQueries = s.MaxQueries ?? long.MaxValue,
        }),
        ["noise"] = (_, ball) => new NoiseAttack(ball),
    };

    /// <summary>Names of all attacks.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Makers.Keys.Concat(Patches).Order(StringComparer.Ordinal)];

    /// <summary>Whether the attack makes one patch for all images.</summary>
    public static bool IsPatch(string name) => Patches.Contains(name);

    /// <summary>Whether the attack asks for no gradient.</summary>
    public static bool IsBlackBox(string name) => BlackBox.Contains(name);

    /// <summary>Whether the attack keeps within a ball; others look for a small change.</summary>
    public static bool IsBounded(string name) => !Boundless.Contains(name) && !IsPatch(name);

    /// <summary>Adds what makes no sense.</summary>
    public static void Check(AttackSettings attack, bool detection, string path, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(attack);
        ArgumentNullException.ThrowIfNull(errors);
        if (!errors.Require(Names.Contains(attack.Name), path + ".name", $"must be one of {string.Join(", ", Names)}"))
            return;
        void Require(bool holds, string field, string message) => errors.Require(holds, $"{path}.{field}", message);
        Require(attack.Norm is null || Norms.Contains(attack.Norm), "norm", $"must be one of {string.Join(", ", Norms)}");
        Require(attack.Name != "square" || attack.Norm is null or "linf", "norm", "square knows linf alone");
        Require(attack.Name is not ("deepfool" or "hopskipjump") || attack.Norm is null or "l2" or "linf", "norm", "must be l2 or linf");
        Require(attack.Eps is null or >= 0, "eps", "at least 0, in the pixel scale [0,1]");
        Require(attack.Epsilons is null || (attack.Epsilons.Count is > 0 and <= 20 && attack.Epsilons.All(e => e >= 0)), "epsilons",
            "1 to 20 numbers, at least 0");
        Require(attack.Epsilons is null || IsBounded(attack.Name), "epsilons", "are for attacks within a ball");
        Require(attack.EpsStep is null or > 0, "eps_step", "must be above 0");
        Require(attack.MaxIter is null or (>= 1 and <= 100_000), "max_iter", "1 to 100000");
        Require(attack.NumRandomInit is null or (>= 0 and <= 100), "num_random_init", "0 to 100");
        Require(attack.BatchSize is null or (>= 1 and <= 1_024), "batch_size", "1 to 1024");
        Require(attack.Labels is null or "predicted" or "ground_truth", "labels", "must be predicted or ground_truth");
        Require(attack.Checkpoints is null or "exact" or "art", "checkpoints", "must be exact or art");
        Require(attack.Decay is null or >= 0, "decay", "at least 0");
        Require(attack.ResizeRate is null or (> 0 and < 1), "resize_rate", "above 0, below 1");
        Require(attack.DiversityProb is null or (>= 0 and <= 1), "diversity_prob", "0 to 1");
        Require(attack.KernelLen is null || attack.KernelLen is > 0 and <= 101 && attack.KernelLen % 2 == 1, "kernel_len", "odd, 1 to 101");
        Require(attack.Nsig is null or > 0, "nsig", "must be above 0");
        Require(attack.PInit is null or (> 0 and <= 1), "p_init", "above 0, at most 1");
        Require(attack.Sigma is null or > 0, "sigma", "must be above 0");
        Require(attack.SampleSize is null or (>= 1 and <= 10_000), "sample_size", "1 to 10000");
        Require(attack.MaxQueries is null or >= 1, "max_queries", "at least 1");
        Require(attack.LearningRate is null or > 0, "learning_rate", "must be above 0");
        Require(attack.BinarySearchSteps is null or (>= 1 and <= 50), "binary_search_steps", "1 to 50");
        Require(attack.InitialConst is null or > 0, "initial_const", "must be above 0");
        Require(attack.PatchSize is null || (attack.PatchSize.Count == 2 && attack.PatchSize.All(p => p > 0)), "patch_size", "must be [height, width]");
        Require(attack.PatchLocation is null || (attack.PatchLocation.Count == 2 && attack.PatchLocation.All(p => p >= 0)), "patch_location",
            "must be [top, left]");
        Require(attack.CropRange is null || (attack.CropRange.Count == 2 && attack.CropRange.All(p => p >= 0)), "crop_range", "must be [vertical, horizontal]");
        Require(attack.BrightnessRange is null || (attack.BrightnessRange.Count == 2 && attack.BrightnessRange.All(b => b > 0)), "brightness_range",
            "must be [least, largest]");
        Require(attack.RotationWeights is null || (attack.RotationWeights.Count == 4 && attack.RotationWeights.All(r => r >= 0)
            && attack.RotationWeights.Sum() > 0), "rotation_weights", "four weights, not all 0");
        Require(!detection || !ClassifiersOnly.Contains(attack.Name), "name",
            $"{attack.Name} is for classifiers; for detectors use pgd, apgd, square, nes, dpatch or another");
        Require(detection || !IsPatch(attack.Name), "name", $"{attack.Name} is for detectors");
        Require(!detection || !attack.Targeted || IsPatch(attack.Name), "targeted", "detectors are attacked without targets; use loss: tog_mislabel_ll");
        Require(
            attack.Loss is null || (detection ? DetectorLosses.ContainsKey(attack.Loss) : attack.Loss is "ce" or "dlr"), "loss",
            $"must be one of {(detection ? string.Join(", ", DetectorLosses.Keys) : "ce, dlr")}");
        Require(attack.Loss != "dlr" || attack.Name is "apgd" or "auto", "loss", "dlr is for apgd and auto");
    }

    /// <summary>The settings with every default filled in.</summary>
    public static AttackSettings Resolve(AttackSettings attack)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var norm = attack.Norm ?? (attack.Name is "deepfool" or "hopskipjump" or "cw" or "boundary" or "zoo" ? "l2" : "linf");
        var eps = attack.Eps ?? (norm == "linf" ? 8 * Level : 1.0);
        var iterations = attack.MaxIter ?? attack.Name switch
        {
            "fgsm" => 1,
            "square" or "deepfool" or "apgd" or "auto" or "nes" or "zoo" => 100,
            "cw" => 200,
            "simba" => 3_000,
            "hopskipjump" => 50,
            "boundary" => 5_000,
            "dpatch" or "robust_dpatch" => 500,
            _ => 10,
        };
        return attack with
        {
            Norm = norm,
            Eps = attack.Name == "simba" ? attack.Eps ?? 0.1 : IsBounded(attack.Name) ? eps : attack.Eps,
            EpsStep = attack.EpsStep ?? (IsPatch(attack.Name) ? 5 * Level : attack.Name == "nes" ? 0.01 : attack.Minimal ? Math.Max(eps / 10, Level / 10)
                : norm == "linf" ? 2 * Level : 0.2),
            MaxIter = iterations,
            NumRandomInit = attack.NumRandomInit ?? (attack.Name is "pgd" or "apgd" or "auto" ? 1 : 0),
            BatchSize = attack.BatchSize ?? 32,
            Labels = attack.Labels ?? "predicted",
        };
    }

    /// <summary>Makes an attack of resolved settings.</summary>
    /// <param name="attack">The settings.</param>
    /// <param name="eps">The ε of this run.</param>
    public static IAttack Make(AttackSettings attack, double eps) => Makers[attack.Name](attack with { Eps = attack.Name == "simba" ? attack.Eps : eps },
        Ball(attack, eps));

    /// <summary>What resolved settings allow.</summary>
    public static PerturbationBall Ball(AttackSettings attack, double eps)
    {
        ArgumentNullException.ThrowIfNull(attack);
        return new PerturbationBall(attack.Norm switch { "l2" => PerturbationNorm.L2, "l1" => PerturbationNorm.L1, _ => PerturbationNorm.Linf }, (float)eps);
    }

    /// <summary>What an attack on a detector is after.</summary>
    public static DetectorLoss LossOf(AttackSettings attack) => DetectorLosses[attack?.Loss ?? "detector_total"];

    /// <summary>The patch attack of resolved settings.</summary>
    public static PatchOptions Patch(AttackSettings attack)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var robust = attack.Name == "robust_dpatch";
        return new PatchOptions
        {
            Height = attack.PatchSize?[0] ?? 40, Width = attack.PatchSize?[1] ?? 40, Step = (float)attack.EpsStep!.Value, Iterations = attack.MaxIter!.Value,
            Target = attack.Targeted ? attack.Target ?? 0 : null,
            Location = robust ? (attack.PatchLocation?[0] ?? attack.CropRange?[0] ?? 0, attack.PatchLocation?[1] ?? attack.CropRange?[1] ?? 0) : null,
            Crop = robust && attack.CropRange is { } crop ? (crop[0], crop[1]) : (0, 0),
            Brightness = robust && attack.BrightnessRange is { } b ? ((float)b[0], (float)b[1]) : (1, 1),
            Rotations = robust && attack.RotationWeights is { } r ? r : [1, 0, 0, 0],
            Draws = robust ? attack.SampleSize ?? 1 : 1,
        };
    }

    private static IterativeOptions Iterative(AttackSettings s, PerturbationBall ball) =>
        new() { Ball = ball, Step = (float)s.EpsStep!.Value, Iterations = s.MaxIter!.Value, RandomStarts = s.NumRandomInit!.Value };

    private static float Momentum(AttackSettings s) => (float)(s.Decay ?? 1);

    private static DiverseInput Diversity(AttackSettings s) => new(s.ResizeRate ?? 0.9, s.DiversityProb ?? 0.5);

    private static GaussianKernel Kernel(AttackSettings s) => new(s.KernelLen ?? 15, s.Nsig ?? 3);
}
