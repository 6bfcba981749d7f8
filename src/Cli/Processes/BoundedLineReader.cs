using System.Text;

namespace DyT.Cli.Processes;

/// <summary>Lines of a stream, each cut at a length, so that output without line ends cannot fill the memory.</summary>
public sealed class BoundedLineReader(TextReader reader, int maxLength = BoundedLineReader.DefaultMaxLength)
{
    /// <summary>Characters; a generation event of some hundred workers stays far below.</summary>
    public const int DefaultMaxLength = 1 << 18;

    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;

    /// <summary>The next line without its end, cut at the maximal length; null at the end of the stream.</summary>
    public string? ReadLine()
    {
        _line.Clear();
        var any = false;
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = reader.Read(_buffer, 0, _buffer.Length);
                if (_end <= 0)
                {
                    _end = 0;
                    return any ? Finish() : null;
                }
            }

            any = true;
            var chunk = _buffer.AsSpan(_start, _end - _start);
            var newline = chunk.IndexOf('\n');
            var part = newline < 0 ? chunk : chunk[..newline];
            _line.Append(part[..Math.Min(part.Length, maxLength - _line.Length)]);
            _start += newline < 0 ? chunk.Length : newline + 1;
            if (newline >= 0)
                return Finish();
        }
    }

    private string Finish()
    {
        if (_line.Length > 0 && _line[^1] == '\r')
            _line.Length--;
        return _line.ToString();
    }
}
