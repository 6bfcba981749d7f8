using DyT.Config;
using DyT.Model;

namespace DyT.Cli.Studies.Progress;

/// <summary>How much a cell has to compute, known without its data: for estimates of time. Pure.</summary>
/// <param name="Steps">Updates.</param>
/// <param name="Tokens">Positions seen in training.</param>
/// <param name="Flops">Of training, evaluation left out.</param>
public sealed record CellWork(long Steps, double Tokens, double Flops)
{
    // What only the data could tell; either makes little difference to a sum of products.
    private const int AssumedVocab = 256;
    private const int AssumedSide = 32;
    private const int AssumedClasses = 10;

    public static CellWork Of(RunConfig config)
    {
        var model = config.Model;
        var pieces = model.Vocab ?? config.Data.Tokenizer.Size;
        DataShape shape = model.Arch switch
        {
            ArchKind.Vit => new ImagesShape(config.Data.Images.Colour == true ? 3 : 1, config.Data.Images.Size ?? AssumedSide, AssumedClasses),
            // Both sides about half as long as they may be.
            ArchKind.Seq2seq => new PairShape(pieces, pieces, config.Data.Pairs.SharedVocabulary, config.Data.Pairs.MaxLength ?? model.Block),
            _ => new TextShape(model.Vocab ?? AssumedVocab),
        };
        var tokens = (double)config.Train.Steps * config.Train.GlobalBatch * shape.TokensPerSample(model);
        return new CellWork(config.Train.Steps, tokens, tokens * ModelCost.Of(model, shape).TrainingFlopsPerToken);
    }

    public static CellWork Sum(IEnumerable<CellWork> works) =>
        works.Aggregate(new CellWork(0, 0, 0), (a, b) => new CellWork(a.Steps + b.Steps, a.Tokens + b.Tokens, a.Flops + b.Flops));
}
