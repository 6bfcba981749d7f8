using System.Buffers.Binary;
using System.Text;
using CsCheck;
using DyT.Config;
using DyT.Training.Checkpoints;

namespace DyT.Training.Tests.Checkpoints;

public sealed class SafetensorsTests
{
    private static byte[] File(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + json.Length);
        return bytes;
    }

    private static SafetensorsFile Open(Scratch scratch, byte[] bytes)
    {
        var path = scratch.At("x.safetensors");
        System.IO.File.WriteAllBytes(path, bytes);
        return SafetensorsFile.Open(path);
    }

    [Fact]
    public void What_was_written_is_read_back() =>
        Gen.Float.Array[0, 40].Array[1, 5].Sample(tensors =>
        {
            using var scratch = new Scratch();
            var written = tensors.Select((v, i) => new NamedTensor($"t{i}", [v.Length], v)).ToList();
            using (var stream = System.IO.File.Create(scratch.At("x")))
                SafetensorsFile.Write(stream, written, new Dictionary<string, string> { ["format"] = "pt" });
            using var file = SafetensorsFile.Open(scratch.At("x"));
            var read = written.Select(t => t with { Values = new float[t.Values.Length] }).ToList();
            file.Fill(read);
            Assert.All(written.Zip(read), p => Assert.Equal(p.First.Values.ToArray(), p.Second.Values.ToArray()));
        }, iter: 50);

    [Fact]
    public void A_file_made_byte_by_byte_is_understood_in_all_three_types()
    {
        using var scratch = new Scratch();
        const string header = """{"__metadata__":{"a":"b"},"h":{"dtype":"F16","shape":[2],"data_offsets":[4,8]},"f":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}""";
        using var file = Open(scratch, File(header, [0, 0, 0x80, 0x3f, 0x00, 0x3c, 0x00, 0xc0, 0x20, 0x40]));
        var (f, h, b) = (new float[1], new float[2], new float[1]);
        file.Fill([new("f", [1, 1], f), new("h", [2], h), new("b", [], b)]);
        Assert.Equal([1f], f);
        Assert.Equal([1f, -2f], h);
        Assert.Equal([2.5f], b);
    }

    [Theory]
    [InlineData("""{"f":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "shape")]
    [InlineData("""{"f":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "follow")]
    [InlineData("""{"f":{"dtype":"I64","shape":[1],"data_offsets":[0,4]}}""", "I64")]
    [InlineData("""{"f":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "impossible")]
    [InlineData("""{"f":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}""", "shape")]
    [InlineData("""{"f":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "holds 4 bytes")]
    [InlineData("""{"f":[]}""", "parse")]
    [InlineData("""[]""", "parse")]
    [InlineData("""{"f":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"f":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "twice")]
    public void Headers_that_do_not_fit_are_named(string header, string word)
    {
        using var scratch = new Scratch();
        var error = Assert.Throws<CheckpointException>(() => Open(scratch, File(header, new byte[4])));
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
        Assert.Contains("x.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_and_truncated_files_give_a_sentence_and_nothing_else() =>
        (from at in Gen.Int[0, 119] from value in Gen.Byte from cut in Gen.Int[0, 120] select (at, value, cut)).Sample(t =>
        {
            using var scratch = new Scratch();
            var bytes = File("""{"f":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"g":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""".PadRight(96), new byte[16]);
            bytes[t.at] = t.value;
            try
            {
                using var file = Open(scratch, bytes[..t.cut]);
            }
            catch (UserErrorException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }, iter: 2000);

    [Fact]
    public void Tensors_of_another_model_are_named()
    {
        using var scratch = new Scratch();
        using var file = Open(scratch, File("""{"f":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]));
        Assert.Contains("lacks g", Assert.Throws<CheckpointException>(() => file.Fill([new("f", [1], new float[1]), new("g", [1], new float[1])])).Message, StringComparison.Ordinal);
        Assert.Contains("holds f", Assert.Throws<CheckpointException>(() => file.Fill([])).Message, StringComparison.Ordinal);
        Assert.Contains("[2]", Assert.Throws<CheckpointException>(() => file.Fill([new("f", [2], new float[2])])).Message, StringComparison.Ordinal);
    }
}
