namespace SuffixLookup;

/// <summary>One way to keep the rules readable while they change.</summary>
internal interface IContestant : IDisposable
{
    string Name { get; }

    /// <summary>Replaces all rules.</summary>
    void Reload(Dictionary<string, RuleKinds> rules);

    /// <summary>Adds or changes one rule, or removes it (<see cref="RuleKinds.None"/>).</summary>
    void Edit(string name, RuleKinds kinds);

    /// <summary>A reader for the calling thread.</summary>
    IContestantReader OpenReader();
}
