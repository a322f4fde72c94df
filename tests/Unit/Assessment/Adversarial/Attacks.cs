using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>One of each attack, small enough to run often.</summary>
internal static class Attacks
{
    /// <summary>Attacks that promise to stay in a ball.</summary>
    internal static IEnumerable<(string Name, IAttack Attack)> Bounded(PerturbationNorm norm, float radius)
    {
        var ball = new PerturbationBall(norm, radius);
        var plain = new IterativeOptions { Ball = ball, Step = radius / 3, Iterations = 4 };
        yield return ("fgsm", new IterativeAttack(plain with { Step = radius, Iterations = 1 }));
        yield return ("bim", new IterativeAttack(plain));
        yield return ("pgd", new IterativeAttack(plain with { RandomStarts = 2 }));
        yield return ("mi", new IterativeAttack(plain with { Momentum = 1 }));
        yield return ("ni", new IterativeAttack(plain with { Momentum = 1, Nesterov = true }));
        yield return ("di+ti+mi", new IterativeAttack(plain with { Momentum = 1, Diversity = new DiverseInput(0.5, 0.9), Kernel = new GaussianKernel(3) }));
        yield return ("minimal", new MinimalGradientAttack(ball, radius / 3));
        yield return ("apgd", new ApgdAttack(new ApgdOptions { Ball = ball, Iterations = 6, RandomStarts = 2 }));
        yield return ("apgd-dlr", new ApgdAttack(new ApgdOptions { Ball = ball, Iterations = 6, Loss = AttackLoss.Dlr }));
        yield return ("nes", new NesAttack(new NesOptions { Ball = ball, Step = radius / 2, Iterations = 2, Samples = 4 }));
        yield return ("auto", new AutoAttack(new AutoOptions { Ball = ball, Iterations = 4, Targets = 2, Queries = 5 }));
        if (norm == PerturbationNorm.Linf)
            yield return ("square", new SquareAttack(new SquareOptions { Ball = ball, Iterations = 8, Restarts = 2 }));
    }

    /// <summary>Attacks that look for a small change.</summary>
    internal static IEnumerable<(string Name, IAttack Attack)> Minimal()
    {
        yield return ("cw", new CarliniWagnerAttack(new CarliniWagnerOptions { BinarySteps = 3, Iterations = 20 }));
        yield return ("deepfool", new DeepFoolAttack(new DeepFoolOptions { Iterations = 5 }));
        yield return ("deepfool-linf", new DeepFoolAttack(new DeepFoolOptions { Iterations = 5, Norm = PerturbationNorm.Linf }));
        yield return ("simba", new SimbaAttack(new SimbaOptions { Iterations = 6, Dct = false }));
        yield return ("simba-dct", new SimbaAttack(new SimbaOptions { Iterations = 6 }));
        yield return ("hopskipjump", new HopSkipJumpAttack(new HopSkipJumpOptions { Iterations = 2, FirstEvaluations = 10 }));
        yield return ("hopskipjump-linf", new HopSkipJumpAttack(new HopSkipJumpOptions { Iterations = 2, FirstEvaluations = 10,
            Norm = PerturbationNorm.Linf }));
        yield return ("boundary", new BoundaryAttack(new BoundaryOptions { Iterations = 4, Noises = 5 }));
        yield return ("zoo", new ZooAttack(new ZooOptions { Iterations = 4, Coordinates = 3 }));
    }
}
