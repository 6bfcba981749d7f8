using System.Text.Json;
using System.Text.RegularExpressions;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// A HuggingFace tokenizer.json with a BPE model: byte-level (GPT-2, LLaMA 3, Qwen kind) or metaspace (LLaMA 2, Mistral
/// kind). What the file asks for and this reader cannot do exactly is refused by name, never approximated. Post-processors
/// (which add start tokens and the like) are left out: training text is joined by end-of-text tokens alone.
/// </summary>
internal static class HuggingFaceFile
{
    public const string FileName = "tokenizer.json";
    private static readonly string[] EndNames = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>"];

    public static ITokenizer Load(string path)
    {
        var bytes = InputFile.ReadBytes(path, TokenizerStore.MaxFileBytes, "tokenizer.json");
        var root = JsonInput.Parse(bytes, path);
        var model = root["model"];
        if (model.ValueKind != JsonValueKind.Object) throw model.Wrong("an object");
        var type = model["type"].TextOrNull() ?? "BPE";
        if (type != "BPE") throw Unsupported(path, $"its model is {type}");
        if (!model["dropout"].IsNull) throw Unsupported(path, "its merges have dropout");
        if (model["continuing_subword_prefix"].TextOrNull() is { Length: > 0 } || model["end_of_word_suffix"].TextOrNull() is { Length: > 0 })
            throw Unsupported(path, "its words have a continuing_subword_prefix or end_of_word_suffix");

        var ids = model["vocab"].Numbers();
        var added = ReadAdded(root["added_tokens"], ids, path);
        var vocabulary = new BpeVocabulary(ids, ReadMerges(model["merges"]), model["ignore_merges"].Flag(), path);
        IBpeScheme scheme = IsByteLevel(root) ? ByteLevel(root, vocabulary, path) : Metaspace(root, model, vocabulary, path);
        if (added.Count > 0)
            scheme = scheme is ByteLevelBpe ? new AddedTokens(added, scheme) : throw Unsupported(path, $"it adds the ordinary token '{added.First().Key}' to a metaspace vocabulary");
        int? end = EndNames.FirstOrDefault(ids.ContainsKey) is { } name ? ids[name] : null;
        return new BpeTextTokenizer(TokenizerKind.Huggingface, vocabulary, scheme, end, [(FileName, bytes)]);
    }

    /// <summary>Takes added tokens into the vocabulary; gives back those that are not special, which are found in text.</summary>
    private static Dictionary<string, int> ReadAdded(JsonInput tokens, Dictionary<string, int> ids, string path)
    {
        var ordinary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in tokens.Items())
        {
            var content = token["content"].Text();
            var id = token["id"].Number();
            if (content.Length == 0) throw token["content"].Wrong("a string of one character or more");
            if (ids.TryGetValue(content, out var known) && known != id)
                throw new UserErrorException($"{path}: the added token '{content}' has the number {id}, but {known} in the vocabulary; the file is damaged.");
            ids[content] = id;
            if (token["special"].Flag()) continue;
            if (token["single_word"].Flag() || token["lstrip"].Flag() || token["rstrip"].Flag())
                throw Unsupported(path, $"its added token '{content}' takes its neighbours into account (single_word, lstrip or rstrip)");
            ordinary[content] = id;
        }

        return ordinary;
    }

    /// <summary>Merges as strings "left right" (older files) or as arrays of two (newer ones).</summary>
    private static List<string> ReadMerges(JsonInput merges)
    {
        if (merges.IsNull) throw merges.Wrong("an array");
        return [.. merges.Items().Select(merge =>
        {
            if (merge.ValueKind != JsonValueKind.Array) return merge.Text();
            var pair = merge.Items().Select(token => token.Text()).ToArray();
            return pair.Length == 2 && !pair[0].Contains(' ', StringComparison.Ordinal) && !pair[1].Contains(' ', StringComparison.Ordinal)
                ? $"{pair[0]} {pair[1]}" : throw merge.Wrong("an array of two tokens without spaces");
        })];
    }

    private static bool IsByteLevel(JsonInput root) => Steps(root["pre_tokenizer"], "pretokenizers").Any(step => Type(step) == "ByteLevel");

    private static ByteLevelBpe ByteLevel(JsonInput root, BpeVocabulary vocabulary, string path)
    {
        foreach (var step in Steps(root["normalizer"], "normalizers"))
            throw Unsupported(path, $"it has the normalizer {Type(step)} before a byte-level model");
        var cuts = new List<Regex>();
        var prefix = false;
        var steps = Steps(root["pre_tokenizer"], "pretokenizers").ToArray();
        for (var i = 0; i < steps.Length; i++)
        {
            switch (Type(steps[i]))
            {
                case "ByteLevel" when i == steps.Length - 1:
                    prefix = steps[i]["add_prefix_space"].Flag(absent: true);
                    if (prefix && i > 0) throw Unsupported(path, "it adds a space to every piece of a Split");
                    if (steps[i]["use_regex"].Flag(absent: true)) cuts.Add(ByteLevelBpe.Gpt2Words());
                    break;
                case "Split":
                    cuts.Add(ReadSplit(steps[i], path));
                    break;
                case var other:
                    throw Unsupported(path, $"it has the pre-tokenizer {other} with a byte-level model");
            }
        }

        return new ByteLevelBpe(vocabulary, cuts, prefix, path);
    }

    private static Regex ReadSplit(JsonInput step, string path)
    {
        if (step["behavior"].Text() != "Isolated" || step["invert"].Flag())
            throw Unsupported(path, "its Split is not of the kind Isolated");
        var literal = step["pattern"]["String"].TextOrNull();
        var pattern = literal is null ? step["pattern"]["Regex"].Text() : Regex.Escape(literal);
        try
        {
            // The time-out is for a pattern made to backtrack for ever.
            return new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromMinutes(1));
        }
        catch (ArgumentException e)
        {
            throw new UserErrorException($"{path}: the pattern of its Split is not one that .NET can read ({e.Message.TrimEnd('.')}); convert the tokenizer or use another.", inner: e);
        }
    }

    private static MetaspaceBpe Metaspace(JsonInput root, JsonInput model, BpeVocabulary vocabulary, string path)
    {
        var prefix = SpacePrefix.None;
        var replaced = false;
        foreach (var step in Steps(root["normalizer"], "normalizers"))
        {
            var type = Type(step);
            if (type == "Prepend" && step["prepend"].Text() == MetaspaceBpe.Space.ToString()) prefix = SpacePrefix.Always;
            else if (type == "Replace" && step["pattern"]["String"].TextOrNull() == " " && step["content"].Text() == MetaspaceBpe.Space.ToString()) replaced = true;
            else throw Unsupported(path, $"it has the normalizer {type} with a metaspace model");
        }

        var split = false;
        foreach (var step in Steps(root["pre_tokenizer"], "pretokenizers"))
        {
            var type = Type(step);
            if (type != "Metaspace" || replaced || (step["replacement"].TextOrNull() ?? MetaspaceBpe.Space.ToString()) != MetaspaceBpe.Space.ToString())
                throw Unsupported(path, $"it has the pre-tokenizer {type} with a model that is not byte-level");
            replaced = true;
            split = step["split"].Flag(absent: true);
            var scheme = step["prepend_scheme"].TextOrNull() ?? (step["add_prefix_space"].Flag(absent: true) ? "always" : "never");
            prefix = scheme == "never" ? SpacePrefix.None : SpacePrefix.UnlessThere;
        }

        if (!replaced) throw Unsupported(path, "it is neither byte-level nor metaspace");
        int? unknown = model["unk_token"].TextOrNull() is { } name && vocabulary.Ids.TryGetValue(name, out var id) ? id : null;
        var options = new MetaspaceOptions(prefix, split, model["byte_fallback"].Flag(), model["fuse_unk"].Flag(), unknown);
        return new MetaspaceBpe(vocabulary, options, path);
    }

    /// <summary>The steps of a normalizer or pre-tokenizer, of which a Sequence has several and an absent one none.</summary>
    private static IEnumerable<JsonInput> Steps(JsonInput step, string inner) =>
        step.IsNull ? [] : Type(step) == "Sequence" ? step[inner].Items() : [step];

    private static string Type(JsonInput step) => step["type"].Text();

    private static UserErrorException Unsupported(string path, string what) =>
        new($"{path}: {what}, which is not supported; supported are BPE models that are byte-level (as GPT-2, LLaMA 3) or metaspace (as LLaMA 2, Mistral), and SentencePiece .model files (tokenizer.kind sentencepiece).");
}
