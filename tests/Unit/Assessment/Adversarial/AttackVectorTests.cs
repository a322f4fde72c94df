using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>The known answers of the adversarial specification, section 9.</summary>
public sealed class AttackVectorTests
{
    private static readonly byte[] Linear = SmallModels.Linear();
    private static readonly byte[] Network = SmallModels.Network();

    private static PerturbationBall Ball(PerturbationNorm norm, float radius) => new(norm, radius);

    private static IterativeAttack OneStep(PerturbationNorm norm, float radius) =>
        new(new IterativeOptions { Ball = Ball(norm, radius), Step = radius, Iterations = 1 });

    private static IterativeAttack Steps(PerturbationNorm norm, float radius, float step, int iterations, float? momentum = null) =>
        new(new IterativeOptions { Ball = Ball(norm, radius), Step = step, Iterations = iterations, Momentum = momentum });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Logits_loss_and_gradient_of_the_linear_model(bool softmax)
    {
        using var classifier = SmallModels.Load(SmallModels.Linear(softmax));
        var logits = new float[3];
        classifier.Predict(SmallModels.X, logits);
        Near.Equal([.75f, 0, .05f], logits);
        using var objective = new ClassifierSubject(classifier, [0]).Raise();
        var (loss, gradient, fooled) = (new float[1], new float[4], new bool[1]);
        objective.Evaluate(SmallModels.X, [0], loss, gradient, fooled, CancellationToken.None);
        Near.Equal([.677501f], loss);
        Near.Equal([-.549017f, .858127f, -.498266f, .312185f], gradient);
        Assert.False(fooled[0]);
        Assert.Equal(1, classifier.Counters.Gradients);
        Assert.Equal(0, classifier.Counters.Queries);
    }

    [Fact]
    public void Distances_to_the_boundaries_of_the_linear_model()
    {
        using var classifier = SmallModels.Load(Linear);
        using var jacobian = new ClassifierSubject(classifier, [0]).Jacobian();
        var (logits, gradients) = (new float[6], new float[8]);
        jacobian.Evaluate([.. SmallModels.X, .. SmallModels.X], [1, 2], [0, 0], logits, gradients, CancellationToken.None);
        float Ahead(int other) => logits[0] - logits[other];
        float[] Slope(int other) => gradients[((other - 1) * 4)..(other * 4)];
        Near.Equal([.292770f, .284297f], [.. new[] { 1, 2 }.Select(k => Ahead(k) / MathF.Sqrt(Slope(k).Sum(w => w * w)))]);
        Near.Equal([.176471f, .147368f], [.. new[] { 1, 2 }.Select(k => Ahead(k) / Slope(k).Sum(Math.Abs))]);
    }

    [Fact]
    public void Gradient_of_the_network()
    {
        using var classifier = SmallModels.Load(Network);
        var logits = new float[3];
        classifier.Predict(SmallModels.X, logits);
        Near.Equal([.75f, -.625f, -.15f], logits);
        using var objective = new ClassifierSubject(classifier, [0]).Raise();
        var (loss, gradient) = (new float[1], new float[4]);
        objective.Evaluate(SmallModels.X, [0], loss, gradient, new bool[1], CancellationToken.None);
        Near.Equal([-.591949f, .465331f, -.106046f, -.168825f], gradient);
    }

    [Fact]
    public void Fast_gradient_methods()
    {
        Near.Equal([.5f, .3f, .4f, .5f], SmallModels.Attack(Linear, OneStep(PerturbationNorm.Linf, .1f)));
        Near.Equal([.5f, .3f, .4f, .5f], SmallModels.Attack(Linear, OneStep(PerturbationNorm.Linf, .1f), target: 2));
        Near.Equal([.506648f, .345911f, .415278f, .453082f], SmallModels.Attack(Linear, OneStep(PerturbationNorm.L2, .2f)));
        Near.Equal([.6f, .4f, .5f, .4f], SmallModels.Attack(Linear, OneStep(PerturbationNorm.L1, .2f)));
    }

    [Fact]
    public void Projected_gradient_descent()
    {
        Near.Equal([.5f, .3f, .4f, .5f], SmallModels.Attack(Linear, Steps(PerturbationNorm.Linf, .15f, .1f, 1)));
        Near.Equal([.45f, .35f, .35f, .55f], SmallModels.Attack(Linear, Steps(PerturbationNorm.Linf, .15f, .1f, 3)));
        Near.Equal([.459599f, .419094f, .373467f, .479213f], SmallModels.Attack(Linear, Steps(PerturbationNorm.L2, .3f, .2f, 3)));
    }

    [Fact]
    public void The_gradient_is_taken_anew_at_each_step()
    {
        Near.Equal([.4f, .4f, .3f, .55f], SmallModels.Attack(Network, Steps(PerturbationNorm.Linf, .2f, .05f, 5)));
        Near.Equal([.45f, .35f, .35f, .25f], SmallModels.Attack(Network, Steps(PerturbationNorm.Linf, .2f, .05f, 3, momentum: 1)));
    }

    [Fact]
    public void DeepFool_finds_the_nearest_boundary()
    {
        var linear = SmallModels.Attack(Linear, new DeepFoolAttack(new DeepFoolOptions()));
        Near.Equal([.51167f, .37666f, .32334f, .517773f], linear);
        Assert.Equal(.289983, PerturbationBall.Measure(PerturbationNorm.L2, SmallModels.X, linear), 1e-5);
        using var classifier = SmallModels.Load(Linear);
        Assert.Equal([2], classifier.Classify(linear));

        var network = SmallModels.Attack(Network, new DeepFoolAttack(new DeepFoolOptions()));
        Near.Equal([.362623f, .484852f, .310099f, .4633f], network);
        Assert.Equal(.421376, PerturbationBall.Measure(PerturbationNorm.L2, SmallModels.X, network), 1e-5);
        using var second = SmallModels.Load(Network);
        Assert.Equal([1], second.Classify(network));
    }

    [Fact]
    public void DeepFool_keeps_the_largest_change_small()
    {
        var options = new DeepFoolOptions { Norm = PerturbationNorm.Linf, Overshoot = 0 };
        var result = SmallModels.Attack(Linear, new DeepFoolAttack(options));
        Assert.Equal(.147368, PerturbationBall.Measure(PerturbationNorm.Linf, SmallModels.X, result), 1e-5);
    }

    [Fact]
    public void Carlini_and_Wagner_come_near_the_boundary()
    {
        var result = SmallModels.Attack(Linear, new CarliniWagnerAttack(new CarliniWagnerOptions()));
        Assert.InRange(PerturbationBall.Measure(PerturbationNorm.L2, SmallModels.X, result), .284297, .300);
        using var classifier = SmallModels.Load(Linear);
        Assert.NotEqual(0, classifier.Classify(result)[0]);
    }

    [Fact]
    public void Carlini_and_Wagner_reach_a_target()
    {
        var result = SmallModels.Attack(Linear, new CarliniWagnerAttack(new CarliniWagnerOptions()), target: 1);
        Assert.InRange(PerturbationBall.Measure(PerturbationNorm.L2, SmallModels.X, result), .292770, .310);
        using var classifier = SmallModels.Load(Linear);
        Assert.Equal([1], classifier.Classify(result));
    }

    [Fact]
    public void Simba_asks_two_questions_a_step()
    {
        float[][] images = [[.5f, .2f, .5f, .4f], [.5f, .3f, .5f, .4f], [.5f, .3f, .4f, .4f], [.5f, .3f, .4f, .5f], [.4f, .3f, .4f, .5f], [.4f, .4f, .4f, .5f]];
        float[] probabilities = [.47983f, .436261f, .411995f, .396661f, .370348f, .330544f];
        for (var steps = 1; steps <= 6; steps++)
        {
            using var classifier = SmallModels.Load(Linear);
            var attack = new SimbaAttack(new SimbaOptions { Dct = false, InOrder = true, Iterations = steps });
            var outcome = attack.Run(new ClassifierSubject(classifier, [0]), SmallModels.Batch(SmallModels.X), CancellationToken.None);
            Near.Equal(images[steps - 1], outcome.Images);
            Near.Equal([probabilities[steps - 1]], [-outcome.LossAfter[0]]);
            Assert.Equal(1 + 2 * steps, outcome.Queries[0]);
            Assert.Equal(1 + 2 * steps, classifier.Counters.Queries);
            Assert.Equal(steps == 6, outcome.Fooled[0]);
            Assert.Equal(0, classifier.Counters.Gradients);
        }
    }

    [Fact]
    public void Difference_of_logits_ratio()
    {
        // Logits [2, 1, .5, -1] whatever comes in.
        using var classifier = SmallModels.Load(Constant(2, 1, .5f, -1));
        Near.Equal([-.666667f], [Loss(classifier, 0, AttackLoss.Dlr)]);
        Near.Equal([.666667f], [Loss(classifier, 1, AttackLoss.Dlr)]);
        // -(2 - 1) / (2 - (.5 - 1) / 2)
        Near.Equal([-1 / 2.25f], [Loss(classifier, 0, AttackLoss.Dlr, target: 1)]);
        Near.Equal([-1f], [Loss(classifier, 0, AttackLoss.Margin)]);
        Near.Equal([0f], [Loss(classifier, 1, AttackLoss.Margin)]);
    }

    [Fact]
    public void Kernel_of_the_translation_invariant_attack()
    {
        var kernel = new GaussianKernel();
        Assert.Equal(.0293028, kernel[7, 7], 1e-7);
        Assert.Equal(3.61626e-6, kernel[0, 0], 1e-10);
        Assert.Equal(1, Enumerable.Range(0, 225).Sum(i => (double)kernel[i / 15, i % 15]), 1e-6);
        Near.Equal([.000326f, .001074f, .002950f, .006742f, .012822f, .020294f, .026732f, .029303f], [.. Enumerable.Range(0, 8).Select(i => (float)kernel[7,
            i])], 1e-6);
        var seven = new GaussianKernel(7);
        Near.Equal([.001769f, .021551f, .096585f, .159241f], [.. Enumerable.Range(0, 4).Select(i => (float)seven[3, i])], 1e-6);
    }

    [Fact]
    public void Schedule_of_the_square_attack()
    {
        int[] steps = [0, 1, 3, 6, 11, 21, 41, 61, 81];
        var parts = steps.Select(i => SquareSchedule.Part(.8, i, 100)).ToArray();
        Assert.Equal([.8, .2, .1, .05, .025, .0125, .00625, .003125, .0015625], parts);
        Assert.Equal([29, 14, 10, 7, 5, 4, 3, 2, 1], parts.Select(p => SquareSchedule.Side(p, 32, 32)));
    }

    [Fact]
    public void Checkpoints_of_Apgd()
    {
        Assert.Equal([0, 3, 5, 6, 7, 8, 9, 10, 10], ApgdCheckpoints.Exact(10));
        Assert.Equal([0, 5, 9, 12, 14, 16, 18, 19, 20], ApgdCheckpoints.Exact(20));
        Assert.Equal([0, 11, 21, 29, 35, 40, 44, 47, 50], ApgdCheckpoints.Exact(50));
        Assert.Equal([0, 22, 41, 57, 70, 80, 87, 93, 99], ApgdCheckpoints.Exact(100));
        Assert.Equal(8, ApgdCheckpoints.Art(10)[4]);
        Assert.Equal(15, ApgdCheckpoints.Art(20)[4]);
        Assert.Equal(58, ApgdCheckpoints.Art(100)[3]);
    }

    [Fact]
    public void Projections()
    {
        float[] zero = [.0f, .0f];
        float[] delta = [.3f, .4f];
        Near.Equal([.06f, .08f], Projected(PerturbationNorm.L2, .1f));
        Near.Equal([.2f, .2f], Projected(PerturbationNorm.Linf, .2f));
        Near.Equal([.1f, .2f], Projected(PerturbationNorm.L1, .3f));

        float[] Projected(PerturbationNorm norm, float radius)
        {
            var x = delta.ToArray();
            Ball(norm, radius).Project(zero, x);
            return x;
        }
    }

    private static float Loss(Classifier classifier, int label, AttackLoss loss, int? target = null)
    {
        using var objective = new ClassifierSubject(classifier, [label], target is { } t ? [t] : null).Raise(loss);
        var result = new float[1];
        objective.Evaluate(SmallModels.X, [0], result, new float[4], new bool[1], CancellationToken.None);
        return result[0];
    }

    private static byte[] Constant(params float[] logits)
    {
        var g = new Iml4e.Inference.Onnx.GraphBuilder("constant");
        var x = g.Input("input", Iml4e.Inference.TensorDatatype.FP32, "N", 4);
        var z = g.Node("Gemm", [x, g.Initializer("w", new float[4 * logits.Length], 4, logits.Length), g.Initializer("b", logits)]);
        g.Output("z_out", z, Iml4e.Inference.TensorDatatype.FP32, "N", logits.Length);
        return Iml4e.Inference.Onnx.GraphSurgery.Serialize(g.Build());
    }
}
