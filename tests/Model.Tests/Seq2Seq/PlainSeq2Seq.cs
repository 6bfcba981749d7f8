using DyT.Config;

namespace DyT.Model.Tests;

/// <summary>An encoder-decoder with DyT sites and gelu in plain double arithmetic, written from the papers' formulas, one pair and one token at a time; no padding anywhere.</summary>
internal sealed class PlainSeq2Seq(ModelConfig model, PairShape pairs, FlatLayout layout, float[] weights)
{
    private int Width => model.DModel;

    private int HeadWidth => model.DModel / model.Heads;

    private bool SharesEmbeddings => pairs.Shared && model.Seq2seq.ShareEmbeddings;

    /// <summary>Scores of the next token at every position of the target.</summary>
    public double[][] Logits(long[] source, long[] inputs)
    {
        var encoder = SharesEmbeddings ? "model" : "model.encoder";
        var memory = source.Select((token, p) => Embed(encoder, "model.encoder", token, p)).ToArray();
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var block = $"model.encoder.layers.{layer}";
            memory = Branch(block + ".attn_branch", memory, Self(block, "model.encoder", false, Site(block + ".input_layernorm", memory)), block + ".skip");
            memory = Branch(block + ".ffn_branch", memory, [.. Site(block + ".post_attention_layernorm", memory).Select(h => Mlp(block + ".mlp", h))]);
        }

        memory = Site("model.encoder.norm", memory);
        var x = inputs.Select((token, p) => Embed("model", "model", token, p)).ToArray();
        for (var layer = 0; layer < model.DecoderLayers; layer++)
        {
            var block = $"model.layers.{layer}";
            x = Branch(block + ".attn_branch", x, Self(block, "model", true, Site(block + ".input_layernorm", x)), block + ".skip");
            x = Branch(block + ".cross_branch", x, Cross(block, Site(block + ".cross_layernorm", x), memory));
            x = Branch(block + ".ffn_branch", x, [.. Site(block + ".post_attention_layernorm", x).Select(h => Mlp(block + ".mlp", h))]);
        }

        return [.. Site("model.norm", x).Select(h => Multiply(model.TiedEmbeddings ? "model.embed_tokens" : "lm_head", h))];
    }

    private double At(string name, int index = 0) => weights[layout[name].Offset + index];

    private bool Has(string name) => layout.Entries.Any(e => e.Spec.Name == name);

    private double[] Embed(string owner, string stack, long token, int p) => [.. Enumerable.Range(0, Width).Select(c =>
        At(owner + ".embed_tokens.weight", (int)token * Width + c) * At(owner + ".embed_scale") + model.Position switch
        {
            PositionKind.Learned => At(stack + ".embed_positions.weight", p * Width + c),
            PositionKind.Sinusoidal => c % 2 == 0 ? Math.Sin(p / Math.Pow(10000, (double)c / Width)) : Math.Cos(p / Math.Pow(10000, (c - 1.0) / Width)),
            _ => 0,
        })];

    private double[][] Site(string site, double[][] x) =>
        [.. x.Select(h => h.Select((v, c) => At(site + ".weight", c) * Math.Tanh(At(site + ".alpha") * v) + At(site + ".bias", c)).ToArray())];

    private double[][] Branch(string name, double[][] x, double[][] added, string skip = "")
    {
        var (scale, factor) = (Has(name + ".scale") ? At(name + ".scale") : 1, 1 + (Has(skip + ".scale") ? At(skip + ".scale") : 0));
        return [.. x.Zip(added, (h, f) => h.Zip(f, (a, b) => factor * a + scale * b).ToArray())];
    }

    private double[] Multiply(string layer, double[] h)
    {
        var rows = (int)layout[layer + ".weight"].Spec.Shape[0];
        return [.. Enumerable.Range(0, rows).Select(r => (Has(layer + ".bias") ? At(layer + ".bias", r) : 0) + h.Select((v, c) => v * At(layer + ".weight", r * h.Length + c)).Sum())];
    }

    private double[] Mlp(string p, double[] h) =>
        Multiply(p + ".down_proj", [.. Multiply(p + ".up_proj", h).Select(v => v * (1 + Erf(v / Math.Sqrt(2))) / 2)]);

    private double[][] Self(string block, string stack, bool causal, double[][] x)
    {
        var qkv = x.Select(h => Multiply(block + ".self_attn.qkv_proj", h)).ToArray();
        var (queries, kv) = (model.Heads * HeadWidth, model.EffectiveKvHeads * HeadWidth);
        var mixed = Mix([.. qkv.Select(t => t[..queries])], [.. qkv.Select(t => t[queries..(queries + kv)])], [.. qkv.Select(t => t[(queries + kv)..])], (head, i, j) =>
        {
            if (causal && j > i)
                return double.NegativeInfinity;
            return model.Position switch
            {
                PositionKind.Alibi => -Math.Pow(2, -8.0 * (head + 1) / model.Heads) * Math.Abs(i - j),
                // All distances of these tests have buckets of their own; keys behind the query have the upper half.
                PositionKind.T5 => At(stack + ".position_bias.weight", (j > i ? 16 + j - i : i - j) * model.Heads + head),
                _ => 0,
            };
        });
        return [.. mixed.Select(h => Multiply(block + ".self_attn.o_proj", h))];
    }

    private double[][] Cross(string block, double[][] x, double[][] memory)
    {
        var kv = memory.Select(h => Multiply(block + ".cross_attn.kv_proj", h)).ToArray();
        var half = kv[0].Length / 2;
        var mixed = Mix([.. x.Select(h => Multiply(block + ".cross_attn.q_proj", h))], [.. kv.Select(t => t[..half])], [.. kv.Select(t => t[half..])], (_, _, _) => 0);
        return [.. mixed.Select(h => Multiply(block + ".cross_attn.o_proj", h))];
    }

    private double[][] Mix(double[][] q, double[][] k, double[][] v, Func<int, int, int, double> bias)
    {
        var d = HeadWidth;
        var mixed = q.Select(_ => new double[Width]).ToArray();
        for (var head = 0; head < model.Heads; head++)
        {
            var shared = head / (model.Heads / model.EffectiveKvHeads);
            for (var i = 0; i < q.Length; i++)
            {
                var scores = k.Select((key, j) => Enumerable.Range(0, d).Sum(c => q[i][head * d + c] * key[shared * d + c]) / Math.Sqrt(d) + bias(head, i, j)).ToArray();
                var e = scores.Select(s => Math.Exp(s - scores.Max())).ToArray();
                for (var c = 0; c < d; c++)
                    mixed[i][head * d + c] = e.Select((w, j) => w * v[j][shared * d + c]).Sum() / e.Sum();
            }
        }

        return mixed;
    }

    // By its series; enough terms for what stands here.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
            return Math.Sign(x);
        var (term, sum) = (x, x);
        for (var n = 1; n < 120; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
