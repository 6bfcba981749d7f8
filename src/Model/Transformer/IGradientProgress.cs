namespace DyT.Model;

/// <summary>Told, while backward goes on, which gradients are final.</summary>
public interface IGradientProgress
{
    /// <summary>
    /// Backward writes no more to the gradients of all parameters whose <see cref="GradientMarks"/> are at most <paramref name="mark"/>. Called on the thread
    /// that runs backward, with rising marks; must return at once and not throw.
    /// </summary>
    void OnFinal(int mark);
}
