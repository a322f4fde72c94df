using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>An attack with its parameters; what is left out has the attack's default. Sizes are in the pixel scale [0,1].</summary>
public sealed record AttackSettings
{
    /// <summary>Which attack, such as pgd.</summary>
    public required string Name { get; init; }

    /// <summary>Norm of the perturbation: linf, l2 or l1.</summary>
    public string? Norm { get; init; }

    /// <summary>Largest perturbation, at least 0; a number or a fraction such as 8/255.</summary>
    [JsonConverter(typeof(NullableFractionConverter))]
    public double? Eps { get; init; }

    /// <summary>Several largest perturbations, for the curve of robust accuracy; each is attacked.</summary>
    [JsonConverter(typeof(FractionListConverter))]
    public IReadOnlyList<double>? Epsilons { get; init; }

    /// <summary>Length of a step, above 0.</summary>
    [JsonPropertyName("eps_step"), JsonConverter(typeof(NullableFractionConverter))]
    public double? EpsStep { get; init; }

    /// <summary>Number of steps, at least 1.</summary>
    [JsonPropertyName("max_iter")]
    public int? MaxIter { get; init; }

    /// <summary>Runs from random points; 0 = from the clean image.</summary>
    [JsonPropertyName("num_random_init")]
    public int? NumRandomInit { get; init; }

    /// <summary>Whether samples are turned to a class of the attacker's choice.</summary>
    public bool Targeted { get; init; }

    /// <summary>That class; null = for each sample the class after its own.</summary>
    public int? Target { get; init; }

    /// <summary>Images that are attacked together.</summary>
    [JsonPropertyName("batch_size")]
    public int? BatchSize { get; init; }

    /// <summary>What is raised: ce or dlr for classifiers; detector_total, tog_untargeted, tog_vanishing, … for detectors.</summary>
    public string? Loss { get; init; }

    /// <summary>Labels that the attack moves away from: predicted or ground_truth.</summary>
    public string? Labels { get; init; }

    /// <summary>Whether the smallest ε is looked for, in steps of eps_step (fgsm).</summary>
    public bool Minimal { get; init; }

    /// <summary>Factor of the momentum, μ.</summary>
    public double? Decay { get; init; }

    /// <summary>Smallest size of the random resizing.</summary>
    [JsonPropertyName("resize_rate")]
    public double? ResizeRate { get; init; }

    /// <summary>How often an image is resized.</summary>
    [JsonPropertyName("diversity_prob")]
    public double? DiversityProb { get; init; }

    /// <summary>Side of the smoothing kernel, odd.</summary>
    [JsonPropertyName("kernel_len")]
    public int? KernelLen { get; init; }

    /// <summary>Standard deviations within the kernel.</summary>
    public double? Nsig { get; init; }

    /// <summary>Part of the steps that must bring progress (apgd).</summary>
    public double? Rho { get; init; }

    /// <summary>Checkpoints of apgd: exact, or art for those of the Adversarial Robustness Toolbox.</summary>
    public string? Checkpoints { get; init; }

    /// <summary>How much the goal must be won by, κ (cw, zoo).</summary>
    public double? Confidence { get; init; }

    /// <summary>Learning rate (cw, zoo).</summary>
    [JsonPropertyName("learning_rate")]
    public double? LearningRate { get; init; }

    /// <summary>Steps of the search for the weight (cw, zoo).</summary>
    [JsonPropertyName("binary_search_steps")]
    public int? BinarySearchSteps { get; init; }

    /// <summary>First weight (cw, zoo).</summary>
    [JsonPropertyName("initial_const")]
    public double? InitialConst { get; init; }

    /// <summary>How far beyond the boundary (deepfool).</summary>
    public double? Overshoot { get; init; }

    /// <summary>Other classes that are looked at (deepfool), or targeted (auto).</summary>
    [JsonPropertyName("nb_grads")]
    public int? NbGrads { get; init; }

    /// <summary>Whether directions are cosine waves (simba).</summary>
    public bool? Dct { get; init; }

    /// <summary>Lowest frequencies used first (simba).</summary>
    [JsonPropertyName("freq_dim")]
    public int? FreqDim { get; init; }

    /// <summary>Part of the image that the first squares cover (square).</summary>
    [JsonPropertyName("p_init")]
    public double? PInit { get; init; }

    /// <summary>Runs (square).</summary>
    public int? Restarts { get; init; }

    /// <summary>Most noises of one estimate (hopskipjump).</summary>
    [JsonPropertyName("max_eval")]
    public int? MaxEval { get; init; }

    /// <summary>Noises of the first estimate (hopskipjump).</summary>
    [JsonPropertyName("init_eval")]
    public int? InitEval { get; init; }

    /// <summary>Random images tried for a start (hopskipjump, boundary).</summary>
    [JsonPropertyName("init_size")]
    public int? InitSize { get; init; }

    /// <summary>Standard deviation of the noise (nes).</summary>
    public double? Sigma { get; init; }

    /// <summary>Queries of one estimate (nes), coordinates of a step (zoo), noises of a round (boundary).</summary>
    [JsonPropertyName("sample_size")]
    public int? SampleSize { get; init; }

    /// <summary>Most queries of a sample, a hard stop (black-box attacks).</summary>
    [JsonPropertyName("max_queries")]
    public long? MaxQueries { get; init; }

    /// <summary>Height and width of the patch, in pixels (dpatch, robust_dpatch).</summary>
    [JsonPropertyName("patch_size")]
    public IReadOnlyList<int>? PatchSize { get; init; }

    /// <summary>Top and left of the patch (robust_dpatch).</summary>
    [JsonPropertyName("patch_location")]
    public IReadOnlyList<int>? PatchLocation { get; init; }

    /// <summary>Most pixels cropped, top and bottom, left and right (robust_dpatch).</summary>
    [JsonPropertyName("crop_range")]
    public IReadOnlyList<int>? CropRange { get; init; }

    /// <summary>Least and largest brightness (robust_dpatch).</summary>
    [JsonPropertyName("brightness_range")]
    public IReadOnlyList<double>? BrightnessRange { get; init; }

    /// <summary>Weights of turning by 0, 90, 180 and 270 degrees (robust_dpatch).</summary>
    [JsonPropertyName("rotation_weights")]
    public IReadOnlyList<double>? RotationWeights { get; init; }
}
