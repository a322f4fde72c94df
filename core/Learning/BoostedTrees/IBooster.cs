namespace Iml4e.Learning.BoostedTrees;

/// <summary>Trees under way on some rows.</summary>
internal interface IBooster : IDisposable
{
    /// <summary>Adds one round of trees.</summary>
    void Update(int round);

    /// <summary>The evaluation metric on the held-out rows after the rounds so far.</summary>
    double Evaluate(int round);

    /// <summary>The first rounds by themselves, without the rows.</summary>
    IBoostedTrees First(int rounds);
}
