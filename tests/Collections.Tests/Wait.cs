namespace SwmrKit.Tests;

/// <summary>Waits for a state, with a deadline generous enough for a busy machine.</summary>
internal static class Wait
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    public static void Until(Func<bool> condition, string what)
    {
        Assert.True(SpinWait.SpinUntil(condition, s_deadline), "never happened: " + what);
    }

    /// <summary>Runs something on a thread of its own and passes its exception on.</summary>
    public static void OnThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action)) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(s_deadline), "the thread never ended");
        if (failure is not null)
        {
            throw new InvalidOperationException("On another thread: " + failure, failure);
        }
    }
}
