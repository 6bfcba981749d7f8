using CsCheck;
using DyT.Data.Metrics;

namespace DyT.Data.Tests.Metrics;

/// <summary>Against numbers that sacrebleu itself (2.5) gave for the same texts.</summary>
public class TranslationMetricTests
{
    public static TheoryData<string[], string[], double, double> Scored => new()
    {
        {
            ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."],
            ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."],
            28.330553664429278, 51.70106133373036
        },
        { ["In the beginning God created the heavens, and the earth.", "a b"], ["In the beginning God created the heavens, and the earth.", "a b"], 100, 100 },
        { ["this is a fest"], ["this is a test"], 59.460355750136046, 60.627705627705616 },
        { ["this is a test", "another test"], ["ref1", "ref2"], 0, 6.944444444444445 },
        { ["", "", ""], ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."], 0, 0 },
        { ["the the the the"], ["the cat is on the mat in the house of the man"], 3.057230827292728, 13.836258377779995 },
        {
            ["En el principio creó Dios los cielos y la tierra.", "Y la tierra estaba vacía, y las tinieblas sobre el abismo;", "¿Quién eres tú? — dijo: «Yo soy»."],
            ["En el principio crió Dios los cielos y la tierra.", "Y la tierra estaba desordenada y vacía, y las tinieblas estaban sobre la haz del abismo,", "Él dijo: ¿Quién eres, hijo mío?"],
            41.20027524805627, 63.97133374607187
        },
        {
            ["3,000 men (1.5%) &amp; 2-3 \"more\" &lt;x&gt;... U.S.A. 12-\nnext", "emoji 😀. and 𝒳, z"],
            ["3,000 men (1.6%) & 2-4 'more' <x> ... U.S.A. 12 next", "emoji 😀, and 𝒳. z"],
            56.04026400112656, 51.70725964014574
        },
        { ["a", "aa"], ["a", "ab"], 0, 33.33333333333333 }, // no run of two words anywhere
    };

    [Theory]
    [MemberData(nameof(Scored))]
    public void The_scores_are_sacrebleus(string[] translations, string[] references, double bleu, double chrf)
    {
        Assert.Equal(bleu, Bleu.Of(translations, references).Score, 1e-9);
        Assert.Equal(chrf, Chrf.Of(translations, references), 1e-9);
    }

    [Fact]
    public void What_the_score_is_made_of_is_said_as_sacrebleu_says_it() =>
        Assert.Equal("28.33 70.6/42.9/27.3/12.5 (BP = 0.889 ratio = 0.895 hyp_len = 17 ref_len = 19)",
            Bleu.Of(["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."], ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."]).ToString());

    [Theory]
    [InlineData("3,000 men (1.5%) &amp; 2-3 \"more\" &lt;x&gt;... U.S.A. 12-\nnext", "3,000 men ( 1.5 % ) & 2 - 3 \" more \" < x > . . . U . S . A . 12next")]
    [InlineData("¿Quién? — dijo: «Yo soy». [a]{b}~`c` 1.2.,3 x.5 5.x -7 7- a-b @/\\|^_", "¿Quién ? — dijo : «Yo soy» . [ a ] { b } ~ ` c ` 1.2 . , 3 x . 5 5 . x -7 7 - a-b @ / \\ | ^ _")]
    [InlineData("  a\tb\u00a0c\u2003d<skipped>.  ", "a b c d .")]
    [InlineData("😀.𝒳,𝒳. 5😀", "😀 . 𝒳 , 𝒳 . 5😀")]
    [InlineData("", "")]
    public void Words_are_cut_as_13a_cuts_them(string line, string words) => Assert.Equal(words, string.Join(' ', Tokenizer13a.Words(line)));

    [Fact]
    public void The_order_of_the_segments_does_not_matter_and_the_reference_itself_scores_100()
    {
        var text = Choose.From("the man", "a dog, bit", "him. No", "one 3.5", "él — dijo").Array[4, 9].Select(words => string.Join(' ', words));
        Gen.Select(text, text).List[1, 8].Sample(pairs =>
        {
            string[] translations = [.. pairs.Select(p => p.Item1)], references = [.. pairs.Select(p => p.Item2)];
            var (bleu, chrf) = (Bleu.Of(translations, references).Score, Chrf.Of(translations, references));
            Assert.InRange(bleu, 0, 100);
            Assert.InRange(chrf, 0, 100);
            Assert.Equal(bleu, Bleu.Of([.. translations.Reverse()], [.. references.Reverse()]).Score);
            Assert.Equal(chrf, Chrf.Of([.. translations.Reverse()], [.. references.Reverse()]));
            Assert.Equal(100, Bleu.Of(references, references).Score, 1e-9);
            Assert.Equal(100, Chrf.Of(references, references), 1e-9);
        }, iter: 200);
    }

    [Fact]
    public void As_many_translations_as_references_are_needed()
    {
        Assert.Throws<ArgumentException>(() => Bleu.Of(["a"], []));
        Assert.Throws<ArgumentException>(() => Chrf.Of(["a"], []));
    }
}
