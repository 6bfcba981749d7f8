using System.Formats.Tar;
using DyT.Fuzz.Tests.Engine;
using DyT.Fuzz.Tests.Targets;

namespace DyT.Fuzz.Tests;

/// <summary>Inputs at which a reader once failed.</summary>
public sealed class RegressionTests
{
    [Theory]
    [InlineData("checkpoint manifest", "eyJmb3JtYXQiOjEsInN0ZXAiOjcsIndyaXR0ZW4iOiIyMDI2LTExLTI0VDExOjUzOjExLjArMDA6MDAiLCJtYWNoaW5lIjoiIiwid2VpZ2h0c19oYXNoIjoiIiwiZmlsZXMiOltudWxsXX0=")] // null in a list
    [InlineData("run events", "eyJldmVudCI6InJvc3RlciIsIm1pbl93b3JrZXJzIjoyfQ==")] // a list that is missing
    [InlineData("run events", "eyJldmVudCI6InN0ZXAiLCJtZXRyaWNzIjpudWxsfQ==")] // null for an object
    [InlineData("run events", "eyJldmVudCI6InJvc3RlciIsIndvcmtlcnMiOltudWxsXSwibWluX3dvcmtlcnMiOjJ9")] // null in a list
    [InlineData("run events", "eyJldmVudCI6ImVuZGVkIiwib3V0Y29tZSI6NzcsInN0ZXAiOjEsIm1lc3NhZ2UiOiIifQ==")] // a number for a word that has no such number
    [InlineData("gpt2 merges", "I3ZlcnNpb24KbCBvCmwgbw==")] // a merge that stands twice
    [InlineData("tokenizer.json, metaspace", "eyJtb2RlbCI6eyJ2b2NhYiI6eyJhIjoxNjc3NzIxNX0sIm1lcmdlcyI6W119fQ==")] // a token number that asks for a table of 128 MB
    [InlineData("tokenizer descriptor", "eyJmb3JtYXQiOiJkeXQgdG9rZW5pemVyIiwidmVyXHVkODAwIjoiIn0=")] // a name that is half a surrogate pair
    [InlineData("run events", "8J+YgH0=")] // half a surrogate pair, as at the end of a line that was cut
    [InlineData("metrics ledger", "eyJzdGVwIjoxLCJnZW5lcmF0aW9uIjoyLCJ3b3JsZF9zaXplIjozLCJsb3NzIjoyLCJsZWFybmluZ19yYXRlIjowLjEsImdyYWRfbm9ybSI6Ik5hTiIsInRva2VucyI6MSwic2Vjb25kcyI6MC41LCIiOjAuNSwiIjo1LCIiOnsitCI6NX0sIiI6IiIsIiI6NH0K")] // a byte that is no UTF-8 shifted where the line was thought to end
    [InlineData("metrics ledger", "eyJzdGVwIjoxLCJnZW5lcmF0aW9uIjoyLCJ3b3JsZF9zaXplIjozLCJsb3NzIjoyLCJsZWFybmluZ19yYXRlIjowLjEsImdyYWRfbm9ybSI6MSwidG9rZW5zIjoxLCJzZWNvbmRzIjowLjV9DQp7InN0ZXAiOjEsImdlbmVyYXRpb24iOjIsIndvcmxkX3NpemUiOjMsImxvc3MiOjIsImxlYXJuaW5nX3JhdGUiOjAuMSwiZ3JhZF9ub3JtIjoxLCJ0b2tlbnMiOjEsInNlY29uZHMiOjAuNX0NCnsic3RlcCI6MSwiZ2VuZXJhdGlvbiI6Miwid29ybGRfc2l6ZSI6MywibG9zcyI6MiwibGVhcm5pbmdfcmF0ZSI6MC4xLCJncmFkX25vcm0iOjEsInRva2VucyI6MSwic2Vjb25kcyI6MC41fQ0K")] // line ends of Windows did too
    [InlineData("idx images", "AAAIAwCACAMAAAgDAAAICA==")] // a size that nothing of the file bears out
    [InlineData("tar archive", "cGFja2FnZS9hLnR4dAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADAAAAAAAAB//zAwMAAwMDAwMDAwADAwMDAwMDAwMDA0ADE1MzAxMjc2MDQ0ADAxMDM1NAAgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB1c3RhcgAwMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB0ZXg=")] // a number of eleven bytes
    [InlineData("sentencepiece model", "Cg4KBQoACgFsFQAAL8AYAQoKCgFvFQAAAMEYAQoKCgF3FQB4EMEYARICGAEaBhgBIAEoAQ==")] // a model that loads and fails at a text
    public void An_input_that_failed_once_is_taken_or_refused(string target, string base64)
    {
        var verdict = Harness.TryWithin(AllTargets.Find(target), Convert.FromBase64String(base64), FuzzSettings.Deadline);
        Assert.True(verdict.Failure is null, verdict.Failure);
    }

    [Fact]
    public void A_tar_entry_with_a_null_character_in_its_name_is_refused()
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a\0b.txt"));
        var verdict = Harness.Try(AllTargets.Find("tar archive"), buffer.ToArray());
        Assert.True(verdict.Failure is null, verdict.Failure);
        Assert.Contains("Null character", verdict.Answer, StringComparison.Ordinal);
    }
}
