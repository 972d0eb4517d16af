namespace SuffixLookup;

/// <summary>Rules that are looked up by name on any thread while one thread at a time changes them.</summary>
internal interface IRuleBook
{
    /// <summary>The rule of a canonical name, or null.</summary>
    Rule? Find(ReadOnlySpan<char> name);

    /// <summary>Adds or changes one rule, or removes it (<see cref="RuleKinds.None"/>): in force when this returns.</summary>
    /// <returns>The edition of this change.</returns>
    long Edit(string name, RuleKinds kinds);

    /// <summary>Makes several edits that come into force together.</summary>
    void EditTogether(IEnumerable<KeyValuePair<string, RuleKinds>> edits);

    /// <summary>Replaces all rules; the new ones come into force together.</summary>
    void Reload(IReadOnlyDictionary<string, RuleKinds> rules);

    /// <summary>The rules of one moment, for reports; later changes do not touch it.</summary>
    IReadOnlyDictionary<string, Rule> Snapshot();
}
