using CsCheck;
using DyT.Cli.Processes;

namespace DyT.Cli.Tests.Processes;

public sealed class BoundedLineReaderTests
{
    private static List<string> Read(string text, int maxLength)
    {
        var reader = new BoundedLineReader(new StringReader(text), maxLength);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return lines;
    }

    [Fact]
    public void Short_lines_are_those_of_the_system_reader() =>
        Gen.String[Gen.Char["ab\n "], 0, 200].Sample(text =>
        {
            var expected = new List<string>();
            var reader = new StringReader(text);
            while (reader.ReadLine() is { } line)
                expected.Add(line);
            Assert.Equal(expected, Read(text, 1000));
        });

    [Fact]
    public void A_line_beyond_the_limit_is_cut_and_the_next_one_is_whole() =>
        Assert.Equal([new string('x', 10), "next"], Read(new string('x', 100_000) + "\nnext", 10));

    [Fact]
    public void Line_ends_of_windows_are_taken_off() => Assert.Equal(["a", "", "b"], Read("a\r\n\r\nb", 10));
}
