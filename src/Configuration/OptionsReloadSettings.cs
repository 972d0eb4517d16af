namespace SwmrKit;

/// <summary>How changes of options are taken in, for all types that do not say otherwise (<see cref="OptionsReloadSettings{TOptions}"/>).</summary>
/// <remarks>Options themselves: <c>services.Configure&lt;OptionsReloadSettings&gt;(...)</c>. Read once, when a type of options is first used. Not thread-safe.</remarks>
public sealed class OptionsReloadSettings
{
    /// <summary>
    /// How long to wait for a further change before the options are built again; by default zero: at once, on the thread that reports the change. Several changes are
    /// taken in as one; a stream of them for at most ten times as long.
    /// </summary>
    public TimeSpan Debounce { get; set; }
}

/// <summary>How changes of one type of options are taken in.</summary>
/// <typeparam name="TOptions">The type.</typeparam>
/// <remarks>Options themselves: <c>services.Configure&lt;OptionsReloadSettings&lt;TOptions&gt;&gt;(...)</c>, or <c>ConfigureReload</c> of the builder. Read once, when
/// the type is first used. Not thread-safe.</remarks>
public sealed class OptionsReloadSettings<TOptions>
    where TOptions : class
{
    /// <summary>As <see cref="OptionsReloadSettings.Debounce"/>; by default what is set there.</summary>
    public TimeSpan? Debounce { get; set; }

    /// <summary>
    /// Whether a reload has brought nothing new: then the object in force stays, and no listener is called. By default two values are equal when all their fields are, down
    /// to the strings and numbers in them; in a program compiled ahead of time, when their own <see cref="object.Equals(object)"/> says so.
    /// </summary>
    /// <remarks>To publish whatever is built, set <see cref="ReferenceEqualityComparer.Instance"/>. A comparer that throws fails the reload.</remarks>
    public IEqualityComparer<TOptions>? Comparer { get; set; }
}
