namespace SwmrKit.Tests;

public sealed class EscapeTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_returned_reference_escapes() => Snippet.Check("""
        Thing Get()
        {
            using CellRead<Thing> read = Cell.Read();
            return {|SWMR001:read.Value|};
        }
        """);

    [Fact]
    public void Nested() => Snippet.Check("""
        void Get()
        {
            using CellRead<Thing> read = Cell.Read();
            try
            {
                using CellRead<Thing> other = Cell.Read();
                try { Look(other.Value); } catch (Exception) { } finally { Look(1); }
            }
            finally
            {
                try { Look(3); } finally { Look(4); }
            }
        }
        """);
}
