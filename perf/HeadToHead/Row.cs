namespace HeadToHead;

/// <summary>One job under several contenders. The first is ours, the others are the peers it is compared with.</summary>
/// <param name="Area">The part of the library.</param>
/// <param name="Name">The job; <c>-xN</c> where it runs on N threads at once.</param>
/// <param name="Threads">How many threads run it at once.</param>
/// <param name="Create">Creates the contenders, ours first.</param>
internal sealed record Row(string Area, string Name, int Threads, Func<Contender[]> Create)
{
    public string Id => $"{Area}/{Name}";
}
