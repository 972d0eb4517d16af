using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using SwmrKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>How options are reloaded, and what is built from them.</summary>
[SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in what the function takes that builds the resource.")]
public static class SwmrOptionsBuilderExtensions
{
    /// <summary>Sets how changes of this type of options, under all its names, are taken in.</summary>
    /// <typeparam name="TOptions">The type of the options.</typeparam>
    /// <param name="builder">The options.</param>
    /// <param name="configure">Sets it.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static OptionsBuilder<TOptions> ConfigureReload<TOptions>(this OptionsBuilder<TOptions> builder, Action<OptionsReloadSettings<TOptions>> configure)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.Configure(configure);
        return builder;
    }

    /// <summary>As <see cref="AddSnapshot{TOptions, T}(OptionsBuilder{TOptions}, Func{TOptions, IServiceProvider, T}, Func{TOptions, IChangeToken}, Action{T})"/>, where building
    /// needs the options alone.</summary>
    /// <typeparam name="TOptions">The type of the options.</typeparam>
    /// <typeparam name="T">The type of the resource.</typeparam>
    /// <param name="builder">The options.</param>
    /// <param name="create">Builds the resource.</param>
    /// <param name="watch">What else it is built of.</param>
    /// <param name="reclaim">What to do with a replaced resource instead of disposing it.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="create"/> is null.</exception>
    public static OptionsBuilder<TOptions> AddSnapshot<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions, T>(
        this OptionsBuilder<TOptions> builder, Func<TOptions, T> create, Func<TOptions, IChangeToken?>? watch = null, Action<T>? reclaim = null)
        where TOptions : class
        where T : class
    {
        ArgumentNullException.ThrowIfNull(create);
        return builder.AddSnapshot((options, _) => create(options), watch, reclaim);
    }

    /// <summary>
    /// Adds <see cref="ISnapshot{T}"/>: a resource built from the options. It is built again from each new value of them before that is put in force, and if that fails, the
    /// options stay as they were, too. What was replaced is disposed when its last reader has left.
    /// </summary>
    /// <typeparam name="TOptions">The type of the options.</typeparam>
    /// <typeparam name="T">The type of the resource.</typeparam>
    /// <param name="builder">The options. With a name, the snapshot is a keyed service, and its key the name, or that of <c>AddKeyedSwmrOptions</c>. They are served as by <c>AddSwmrOptions</c>.</param>
    /// <param name="create">Builds the resource, a new one each time; it is the snapshot's from then on. It is called under the lock of the options: it must not wait for others who ask for the same ones.</param>
    /// <param name="watch">What else the resource is built of, such as the file that the options name: when the token has changed, the resource is built again although the
    /// options have not. It is asked before each building. Tokens that call nobody back are not followed.</param>
    /// <param name="reclaim">What to do with a replaced resource instead of disposing it, for instance return it to a pool.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>The first resource is built when the service is first asked for, which throws what building it throws. In a domain registered in the container
    /// (<see cref="RetirementDomain"/>) it is disposed by that, else by <see cref="RetirementDomain.Shared"/>.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="create"/> is null.</exception>
    public static OptionsBuilder<TOptions> AddSnapshot<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions, T>(
        this OptionsBuilder<TOptions> builder, Func<TOptions, IServiceProvider, T> create, Func<TOptions, IChangeToken?>? watch = null, Action<T>? reclaim = null)
        where TOptions : class
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        string name = builder.Name;
        builder.Services.AddSwmrOptions<TOptions>(name);
        builder.Services.AddKeyedSingleton<ISnapshot<T>>(
            builder is KeyedOptionsBuilder<TOptions> keyed ? keyed.Key : name.Length == 0 ? null : name,
            (provider, _) => new OptionsSnapshot<TOptions, T>(
                provider.GetRequiredService<OptionsPublications<TOptions>>(),
                name,
                provider.GetService<RetirementDomain>() ?? RetirementDomain.Shared,
                options => create(options, provider),
                watch,
                reclaim));
        return builder;
    }
}
