using DyT.Collectives.Shared;

namespace DyT.Collectives.Tests;

public sealed class SharedArenaTests
{
    private static SharedArena Reserved(int buffers, int floats)
    {
        var arena = new SharedArena();
        arena.Reserve(buffers, floats);
        return arena;
    }

    [Fact]
    public void What_its_owner_writes_a_peer_reads_where_it_stands()
    {
        using var arena = Reserved(3, 1000);
        var first = arena.TryAllocate(1000)!.Value;
        var second = arena.TryAllocate(1000)!.Value;
        Assert.All(second.ToArray(), v => Assert.Equal(0, v));
        var peer = ArenaPlace.Decode(arena.Place!.Encode()).Map(arena.Id);
        first.Span.Fill(3);
        second.Span[999] = 5;
        Assert.Equal(3, peer.Memory.Span[(int)arena.OffsetOf(first[17..])]);
        Assert.Equal(5, peer.Memory.Span[(int)arena.OffsetOf(second) + 999]);
        peer.Unmap();
    }

    [Fact]
    public void Memory_elsewhere_is_not_in_it_and_when_it_is_full_there_is_none()
    {
        using var arena = Reserved(2, 1000);
        Assert.Equal(-1, arena.OffsetOf(new float[10]));
        var memory = arena.TryAllocate(1000)!.Value;
        Assert.Equal(0, arena.OffsetOf(memory));
        Assert.Equal(-1, new SharedArena().OffsetOf(memory));
        Assert.NotNull(arena.TryAllocate(1000));
        Assert.Null(arena.TryAllocate(1));
        Assert.Null(new SharedArena().TryAllocate(1));
        Assert.Null(new SharedArena().Place);
        Assert.Throws<InvalidOperationException>(() => arena.Reserve(1, 1));
    }

    [Fact]
    public void Of_more_than_can_be_addressed_there_is_as_much_as_can()
    {
        using var arena = Reserved(4, 1 << 30); // never touched: no memory
        var memory = arena.TryAllocate(1 << 30)!.Value;
        memory.Span[^1] = 1;
        Assert.Equal(0, arena.OffsetOf(memory));
        Assert.Null(arena.TryAllocate(1 << 30));
    }

    [Fact]
    public void Whatever_else_stands_at_its_place_is_not_opened()
    {
        using var arena = Reserved(1, 1000);
        var place = arena.Place!;
        Assert.Throws<IOException>(() => place.Map(new byte[ArenaPlace.IdBytes])); // another one's name
        Assert.Throws<IOException>(() => (place with { Descriptor = 0 }).Map(arena.Id)); // a pipe or terminal
        Assert.Throws<IOException>(() => (place with { Descriptor = int.MaxValue }).Map(arena.Id));
        Assert.Throws<IOException>(() => (place with { Process = -1 }).Map(arena.Id));
        Assert.Throws<IOException>(() => (place with { Bytes = place.Bytes * 2 }).Map(arena.Id));
        Assert.Throws<IOException>(() => (place with { Bytes = -4 }).Map(arena.Id));
        Assert.Throws<IOException>(() => (place with { Bytes = long.MaxValue }).Map(arena.Id));
    }
}
