using System.Text;
using DyT.Config;

namespace DyT.Data.Tests;

public class DocumentationProseTests
{
    [Fact]
    public void Prose_is_taken_line_by_line_with_references_by_their_short_names()
    {
        var documents = Read("""
            <doc><members>
            <member name="M:A.B(System.Int32)">
              <summary>Adds a <see cref="T:System.String" />
                 to <paramref name="list" />, unless it is <see langword="null" />.</summary>
              <returns>A “new” <see cref="M:System.Collections.Generic.List`1.Add(`0)">added</see> list – or <xref uid="System.Span%601"></xref>.</returns>
              <param name="list">The list.<code>var x = 1;</code><para>Not null.</para></param>
              <exception cref="T:System.Exception">Always.</exception>
            </member>
            <member name="T:C"><summary>To be added.</summary></member>
            <member name="T:D"><summary>Caf&#233;.</summary></member><member name="T:E"><summary>Last.</summary><other>left out</other></member>
            </members></doc>
            """);
        Assert.Equal(
        [
            "Adds a String to list, unless it is null.\nThe list. Not null.\nA \"new\" added list - or Span.\nAlways.",
            "Last.",
        ], documents);
    }

    [Theory]
    [InlineData("T:System.String", "String")]
    [InlineData("M:System.Collections.BitArray.#ctor(System.Boolean[])", "BitArray")]
    [InlineData("M:System.Linq.Enumerable.Select``2(System.Func{``0,``1})", "Select")]
    [InlineData("T:System.Collections.Generic.List`1", "List")]
    [InlineData("System.Object.Equals(System.Object)", "Equals")]
    [InlineData("F:System.Int32.MaxValue", "MaxValue")]
    [InlineData("", "")]
    [InlineData("#ctor", "#ctor")]
    public void Short_names(string reference, string expected) => Assert.Equal(expected, DocumentationProse.ShortName(reference));

    [Fact]
    public void The_same_prose_is_kept_once()
    {
        using var folder = new TempFolder();
        var one = folder.Write("1.xml", "<doc><members><member name='A'><summary>Same.</summary></member><member name='B'><summary>Other.</summary></member></members></doc>");
        var two = folder.Write("2.xml", "<doc><members><member name='C'><summary>Same.</summary></member></members></doc>");
        Assert.Equal(["Same.", "Other."], DocumentationProse.Distinct([one, two], default));
    }

    [Theory]
    [InlineData("<doc><members><member>")]
    [InlineData("no xml")]
    [InlineData("<!DOCTYPE d [<!ENTITY a 'b'>]><doc>&a;</doc>")]
    public void Damaged_files_give_a_sentence(string xml) => Assert.Contains("place", Assert.Throws<UserErrorException>(() => Read(xml)).Message, StringComparison.Ordinal);

    private static List<string> Read(string xml)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(xml));
        return DocumentationProse.Read(stream, "place");
    }
}
