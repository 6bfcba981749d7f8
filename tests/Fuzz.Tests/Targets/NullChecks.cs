using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Whether an object that a reader made keeps what its types promise: no null where the declaration has no question mark.</summary>
internal static class NullChecks
{
    private static readonly ConcurrentDictionary<Type, (PropertyInfo Property, bool Nullable)[]> Properties = [];

    public static void AssertNone(object value)
    {
        foreach (var (property, nullable) in Properties.GetOrAdd(value.GetType(), Describe))
        {
            var inner = property.GetValue(value);
            if (inner is null)
                Assert.True(nullable, $"{value.GetType().Name}.{property.Name} is null");
            else if (inner is IEnumerable items and not string)
            {
                foreach (var item in items)
                    AssertInner(item ?? throw new InvalidOperationException($"{value.GetType().Name}.{property.Name} holds null"));
            }
            else
            {
                AssertInner(inner);
            }
        }
    }

    private static void AssertInner(object value)
    {
        if (value.GetType().IsEnum)
            Assert.True(Enum.IsDefined(value.GetType(), value), $"{value} is not a {value.GetType().Name}");
        else if (value.GetType().Namespace?.StartsWith("DyT", StringComparison.Ordinal) == true)
            AssertNone(value);
    }

    private static (PropertyInfo, bool)[] Describe(Type type)
    {
        var context = new NullabilityInfoContext();
        return [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0)
            .Select(p => (p, context.Create(p).ReadState != NullabilityState.NotNull))];
    }
}
