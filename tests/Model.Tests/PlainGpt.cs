using DyT.Config;

namespace DyT.Model.Tests;

/// <summary>A decoder with DyT sites and swiglu in plain double arithmetic, written from the papers' formulas, one token at a time.</summary>
internal sealed class PlainGpt(ModelConfig model, FlatLayout layout, float[] weights)
{
    private int Width => model.DModel;

    private int HeadWidth => model.DModel / model.Heads;

    public double[][] Logits(long[] tokens)
    {
        var x = tokens.Select((token, position) => Embed(token, position)).ToArray();
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var p = $"model.layers.{layer}";
            var attended = Attend(p, [.. x.Select(h => DyT(p + ".input_layernorm", h))]);
            x = [.. x.Zip(attended, Add)];
            x = [.. x.Select(h => Add(h, Mlp(p + ".mlp", DyT(p + ".post_attention_layernorm", h))))];
        }

        return [.. x.Select(h => Multiply("lm_head.weight", null, DyT("model.norm", h)))];
    }

    private double At(string name, int index = 0) => weights[layout[name].Offset + index];

    private double[] Embed(long token, int position)
    {
        var h = new double[Width];
        for (var c = 0; c < Width; c++)
        {
            h[c] = At("model.embed_tokens.weight", (int)token * Width + c) * At("model.embed_scale");
            h[c] += model.Position switch
            {
                PositionKind.Learned => At("model.embed_positions.weight", position * Width + c),
                PositionKind.Sinusoidal => c % 2 == 0 ? Math.Sin(position / Math.Pow(10000, (double)c / Width)) : Math.Cos(position / Math.Pow(10000, (c - 1.0) / Width)),
                _ => 0,
            };
        }

        return h;
    }

    private double[] DyT(string site, double[] h) =>
        [.. h.Select((v, c) => At(site + ".weight", c) * Math.Tanh(At(site + ".alpha") * v) + At(site + ".bias", c))];

    private double[] Multiply(string weight, string? bias, double[] h)
    {
        var rows = (int)layout[weight].Spec.Shape[0];
        var y = new double[rows];
        for (var r = 0; r < rows; r++)
        {
            y[r] = bias is null ? 0 : At(bias, r);
            for (var c = 0; c < h.Length; c++)
                y[r] += At(weight, r * h.Length + c) * h[c];
        }

        return y;
    }

    private double[] Mlp(string p, double[] h)
    {
        var gateUp = Multiply(p + ".gate_up_proj.weight", p + ".gate_up_proj.bias", h);
        var half = gateUp.Length / 2;
        var hidden = new double[half];
        for (var i = 0; i < half; i++)
            hidden[i] = gateUp[i] / (1 + Math.Exp(-gateUp[i])) * gateUp[half + i];
        return Multiply(p + ".down_proj.weight", p + ".down_proj.bias", hidden);
    }

    private double[][] Attend(string p, double[][] h)
    {
        var kvHeads = model.KvHeads ?? model.Heads;
        var d = HeadWidth;
        var qkv = h.Select(v => Multiply(p + ".self_attn.qkv_proj.weight", p + ".self_attn.qkv_proj.bias", v)).ToArray();
        double[] Part(int t, int head, bool rotate)
        {
            var v = qkv[t][(head * d)..((head + 1) * d)];
            return rotate && model.Position == PositionKind.Rope ? Rotate(v, t) : v;
        }

        var mixed = h.Select(_ => new double[Width]).ToArray();
        for (var head = 0; head < model.Heads; head++)
        {
            var kv = head / (model.Heads / kvHeads);
            for (var i = 0; i < h.Length; i++)
            {
                var q = Part(i, head, rotate: true);
                var scores = new double[i + 1];
                for (var j = 0; j <= i; j++)
                    scores[j] = q.Zip(Part(j, model.Heads + kv, rotate: true), (a, b) => a * b).Sum() / Math.Sqrt(d) + Bias(head, i - j);
                var sum = scores.Sum(s => Math.Exp(s));
                for (var j = 0; j <= i; j++)
                {
                    var v = Part(j, model.Heads + kvHeads + kv, rotate: false);
                    for (var c = 0; c < d; c++)
                        mixed[i][head * d + c] += Math.Exp(scores[j]) / sum * v[c];
                }
            }
        }

        return [.. mixed.Select(v => Multiply(p + ".self_attn.o_proj.weight", p + ".self_attn.o_proj.bias", v))];
    }

    private double Bias(int head, int distance) => model.Position switch
    {
        PositionKind.Alibi => -Math.Pow(2, -8.0 * (head + 1) / model.Heads) * distance,
        PositionKind.T5 => At("model.position_bias.weight", T5Buckets.Of(distance) * model.Heads + head),
        _ => 0,
    };

    private double[] Rotate(double[] v, int position)
    {
        var half = v.Length / 2;
        var y = new double[v.Length];
        for (var k = 0; k < half; k++)
        {
            var angle = position * Math.Pow(10000, -2.0 * k / v.Length);
            y[k] = v[k] * Math.Cos(angle) - v[half + k] * Math.Sin(angle);
            y[half + k] = v[half + k] * Math.Cos(angle) + v[k] * Math.Sin(angle);
        }

        return y;
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
