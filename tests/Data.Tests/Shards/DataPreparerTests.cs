using DyT.Config;

namespace DyT.Data.Tests;

public class DataPreparerTests
{
    [Fact]
    public void Documents_are_split_joined_and_tokenized()
    {
        using var folder = new TempFolder();
        for (var i = 0; i < 10; i++) folder.Write($"in/{i}.txt", $"document {i} é");
        var prepared = Prepare(folder, folder["in"]);
        var train = Text(prepared.TrainShard, prepared.Tokenizer);
        var val = Text(prepared.ValShard, prepared.Tokenizer);
        Assert.Equal(9, train.Split("\n\n").Length);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"document {i} é"), train.Split("\n\n").Append(val).Order(StringComparer.Ordinal));
        Assert.Equal((train.Length, val.Length), (prepared.TrainTokens, prepared.ValTokens));
        Assert.Equal(13.0 / 12, prepared.ValBytesPerToken, 12);
        Assert.Equal("\n 0123456789cdemnotué", prepared.Tokenizer.Decode([.. Enumerable.Range(0, prepared.Tokenizer.VocabSize)]));
    }

    [Fact]
    public void A_second_call_takes_what_is_there_and_a_changed_file_or_setting_does_not()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", Long);
        var first = Prepare(folder, path);
        var told = new List<string>();
        var second = Prepare(folder, path, told: told.Add);
        Assert.Empty(told);
        Assert.Equal((first.Folder, first.ContentHash, first.TrainTokens), (second.Folder, second.ContentHash, second.TrainTokens));
        Assert.NotEqual(first.Folder, Prepare(folder, path, seed: 2).Folder);
        Assert.NotEqual(first.Folder, Prepare(folder, path, TokenizerKind.Bytes).Folder);
        folder.Write("a.txt", Long + "more");
        var changed = Prepare(folder, path);
        Assert.NotEqual(first.Folder, changed.Folder);
        Assert.NotEqual(first.ContentHash, changed.ContentHash);
    }

    [Theory]
    [InlineData("prepared.json"), InlineData("train.tokens"), InlineData("val.tokens"), InlineData("tokenizer/dyt-tokenizer.json")]
    public void Damaged_prepared_data_is_made_again(string file)
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", Long);
        var first = Prepare(folder, path);
        var damaged = Path.Combine(first.Folder, file);
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..^5]);
        var told = new List<string>();
        var second = Prepare(folder, path, told: told.Add);
        Assert.Contains(told, line => line.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal(first.ContentHash, second.ContentHash);
        using var shard = TokenShard.Open(second.TrainShard, second.Tokenizer.VocabHash);
        shard.VerifyContent();
    }

    [Fact]
    public void Several_at_once_get_the_same_data_prepared_once()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", Long);
        var builds = 0;
        var all = new PreparedData[4];
        Parallel.For(0, all.Length, new ParallelOptions { MaxDegreeOfParallelism = all.Length }, i => all[i] = Prepare(folder, path, told: line =>
        {
            if (line.StartsWith("tokenizing", StringComparison.Ordinal)) Interlocked.Increment(ref builds);
        }));
        Assert.Equal(1, builds);
        Assert.Single(all.Select(p => p.ContentHash).Distinct());
        Assert.Single(Directory.GetDirectories(folder["cache", "prepared"]));
    }

    [Fact]
    public void Another_process_that_prepares_is_waited_for_and_the_wait_can_be_stopped()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", Long);
        var first = Prepare(folder, path);
        Directory.Delete(first.Folder, recursive: true);
        using var stop = new CancellationTokenSource();
        using (File.Open(first.Folder + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Throws<OperationCanceledException>(() => Prepare(folder, path, told: line =>
            {
                if (line.StartsWith("waiting", StringComparison.Ordinal)) stop.Cancel();
            }, ct: stop.Token));
        Assert.Equal(first.ContentHash, Prepare(folder, path).ContentHash);
    }

    [Fact]
    public void A_stopped_preparation_leaves_nothing_under_the_key()
    {
        using var folder = new TempFolder();
        for (var i = 0; i < 5; i++) folder.Write($"in/{i}.txt", Long);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Prepare(folder, folder["in"], told: line =>
        {
            if (line.StartsWith("tokenizing", StringComparison.Ordinal)) stop.Cancel();
        }, ct: stop.Token));
        Assert.Empty(Directory.GetDirectories(folder["cache", "prepared"]));
    }

    [Theory]
    [InlineData("in/none.txt", null, "nothing at")]
    [InlineData("in/empty.txt", "", "no text")]
    [InlineData("in/short.txt", "abc", "training part")]
    [InlineData("in/a.docx", "text", "not a .txt, .jsonl or .parquet")]
    public void Data_that_cannot_be_used_gives_a_sentence(string name, string? content, string expected)
    {
        using var folder = new TempFolder();
        if (content is not null) folder.Write(name, content);
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Prepare(folder, folder[name])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_little_validation_text_names_the_setting()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", new string('x', 60));
        Assert.Contains("val_fraction", Assert.Throws<UserErrorException>(() => Prepare(folder, path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_text_files_gives_a_sentence()
    {
        using var folder = new TempFolder();
        folder.Write("in/readme.md", "x");
        Assert.Contains("no .txt, .jsonl or .parquet", Assert.Throws<UserErrorException>(() => Prepare(folder, folder["in"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_named_with_its_place()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", [(byte)'a', (byte)'b', 0xFF, (byte)'c']);
        var error = Assert.Throws<UserErrorException>(() => Prepare(folder, path));
        Assert.Contains($"{path}: byte 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_with_an_end_token_ends_every_document_with_it()
    {
        using var folder = new TempFolder();
        TinyBpe.WriteGpt2(folder["bpe"]);
        for (var i = 0; i < 4; i++) folder.Write($"in/{i}.txt", $"low lower {i}");
        var data = Config(folder, folder["in"]) with { Tokenizer = new TokenizerConfig { Kind = TokenizerKind.Gpt2, Path = folder["bpe"] } };
        var prepared = DataPreparer.Prepare(data, 1, 3);
        var tokens = Tokens(prepared.TrainShard);
        Assert.Equal(3, tokens.Count(token => token == prepared.Tokenizer.EndOfText));
        Assert.Equal(prepared.Tokenizer.EndOfText, tokens[^1]);
        Assert.Equal(prepared.Tokenizer.EndOfText, Tokens(prepared.ValShard)[^1]);
        Assert.Equal(11.0 / prepared.ValTokens, prepared.ValBytesPerToken, 12);
    }

    [Fact]
    public void A_cache_that_cannot_be_a_folder_gives_a_sentence()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", Long);
        folder.Write("cache", "a file");
        Assert.Contains("data.cache", Assert.Throws<UserErrorException>(() => Prepare(folder, path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_description_names_the_numbers()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", Long);
        var prepared = Prepare(folder, path);
        var line = DataPreparer.Describe(Config(folder, path), prepared);
        Assert.Contains("9,000 training and 1,000 validation tokens", line, StringComparison.Ordinal);
        Assert.Contains("(chars)", line, StringComparison.Ordinal);
    }

    /// <summary>10,000 characters.</summary>
    private static string Long { get; } = string.Concat(Enumerable.Range(0, 1000).Select(i => $"text {i:D4}\n"));

    private static DataConfig Config(TempFolder folder, string source) => new() { Source = source, Cache = folder["cache"] };

    private static PreparedData Prepare(TempFolder folder, string source, TokenizerKind kind = TokenizerKind.Chars, long seed = 1, Action<string>? told = null, CancellationToken ct = default) =>
        DataPreparer.Prepare(Config(folder, source) with { Tokenizer = new TokenizerConfig { Kind = kind } }, seed, 8, told, ct);

    private static int[] Tokens(string path)
    {
        using var shard = TokenShard.Open(path);
        var tokens = new long[shard.Count];
        shard.Read(0, tokens);
        return [.. tokens.Select(t => (int)t)];
    }

    private static string Text(string path, ITokenizer tokenizer) => tokenizer.Decode(Tokens(path));
}
