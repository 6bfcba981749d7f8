using DyT.Config;

namespace DyT.Cli.Tests;

public sealed class RunFoldersTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Runs_of_the_same_second_get_folders_of_their_own()
    {
        using var scratch = new Scratch();
        Assert.Equal("quick-20260102-030405", RunFolders.Create(scratch.Folder, "quick", Now).Id);
        Assert.Equal("quick-20260102-030405-2", RunFolders.Create(scratch.Folder, "quick", Now).Id);
        Assert.Equal(2, Directory.GetDirectories(scratch.Folder).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../up")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    public void A_name_that_is_no_folders_name_is_refused(string name)
    {
        using var scratch = new Scratch();
        Assert.Equal(UserErrorException.Usage, Assert.Throws<UserErrorException>(() => RunFolders.Create(scratch.Folder, name, Now)).ExitCode);
        Assert.Empty(Directory.GetDirectories(scratch.Folder));
    }

    [Fact]
    public void An_output_folder_that_is_a_file_gives_a_sentence()
    {
        using var scratch = new Scratch();
        var file = scratch.File("runs", "");
        Assert.Contains("--set output", Assert.Throws<UserErrorException>(() => RunFolders.Create(file, "a", Now)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_folder_with_a_configuration_is_a_run()
    {
        using var scratch = new Scratch();
        Assert.Contains("no such folder", Assert.Throws<UserErrorException>(() => RunFolders.Open(scratch.File("gone"))).Message, StringComparison.Ordinal);
        Assert.Contains("not a run's folder", Assert.Throws<UserErrorException>(() => RunFolders.Open(scratch.Folder)).Message, StringComparison.Ordinal);
        scratch.File("config.yaml", "");
        Assert.Equal(scratch.Folder, RunFolders.Open(scratch.Folder).Path);
    }
}
