using System.Reflection;
using SwmrKit.Mutants;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// What the scenarios are worth: each fault, put into the production source by a patch, makes its scenario fail, which the same
/// scenario without it never does (<see cref="ScenarioTests{TGroup}"/>).
/// </summary>
[Collection(CacheScenarioTests.Collection)]
public sealed class MutantTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    [Fact]
    public void Mutant_NoHeavy_is_killed() => Kill("NoHeavy");

    [Fact]
    public void Mutant_WriterFenceOnly_is_killed() => Kill("WriterFenceOnly");

    [Fact]
    public void Mutant_LightRemovedFromReader_is_killed() => Kill("LightRemovedFromReader");

    [Fact]
    public void Mutant_TagByPlainRead_is_killed() => Kill("TagByPlainRead");

    [Fact]
    public void Mutant_NoBumpAfterUnlink_is_killed() => Kill("NoBumpAfterUnlink");

    [Fact]
    public void Mutant_EarlyRegistrySnapshot_is_killed() => Kill("EarlyRegistrySnapshot");

    [Fact]
    public void Mutant_IntervalWithoutUpperRecheck_is_killed() => Kill("IntervalWithoutUpperRecheck");

    [Fact]
    public void Mutant_InnerGuardTakesFreshEra_is_killed() => Kill("InnerGuardTakesFreshEra");

    [Fact]
    public void Mutant_InnerGuardClearsSlot_is_killed() => Kill("InnerGuardClearsSlot");

    [Fact]
    public void Mutant_BirthReadAfterPublish_is_killed() => Kill("BirthReadAfterPublish");

    [Fact]
    public void Mutant_AcquireDroppedOnSlotRead_is_killed() => Kill("AcquireDroppedOnSlotRead");

    [Fact]
    public void Mutant_ReleaseDroppedOnSlotClear_is_killed() => Kill("ReleaseDroppedOnSlotClear");

    [Fact]
    public void Mutant_HeavyBeforeDetection_is_killed() => Kill("HeavyBeforeDetection");

    [Fact]
    public void Mutant_HandleNotKeptAlive_is_killed() => Kill("HandleNotKeptAlive");

    [Fact]
    public void Mutant_EndedThreadNotSeen_is_killed() => Kill("EndedThreadNotSeen");

    [Fact]
    public void Mutant_HazardWithoutValidation_is_killed() => Kill("HazardWithoutValidation");

    [Fact]
    public void Mutant_ValidatedAgainstFrozenCopy_is_killed() => Kill("ValidatedAgainstFrozenCopy");

    [Fact]
    public void Mutant_LightRemovedFromHazard_is_killed() => Kill("LightRemovedFromHazard");

    [Fact]
    public void Mutant_NoHeavyForLeases_is_killed() => Kill("NoHeavyForLeases");

    [Fact]
    public void Mutant_HazardsScannedBeforeGuards_is_killed() => Kill("HazardsScannedBeforeGuards");

    [Fact]
    public void Mutant_HazardRegistryReadBeforeGuards_is_killed() => Kill("HazardRegistryReadBeforeGuards");

    [Fact]
    public void Mutant_HazardSlotReusedWhileHeld_is_killed() => Kill("HazardSlotReusedWhileHeld");

    [Fact]
    public void Mutant_LeakMarkedAfterHazardIsGone_is_killed() => Kill("LeakMarkedAfterHazardIsGone");

    [Fact]
    public void Mutant_LeakReadBeforeHazards_is_killed() => Kill("LeakReadBeforeHazards");

    [Fact]
    public void Mutant_HandedOverWithoutItsRecord_is_killed() => Kill("HandedOverWithoutItsRecord");

    [Fact]
    public void Mutant_DetachedClaimedByPlainWrite_is_killed() => Kill("DetachedClaimedByPlainWrite");

    [Fact]
    public void Mutant_TagBeforeValue_is_killed() => Kill("TagBeforeValue");

    [Fact]
    public void Mutant_DeadSlotReused_is_killed() => Kill("DeadSlotReused");

    [Fact]
    public void Mutant_DeadSlotRevived_is_killed() => Kill("DeadSlotRevived");

    [Fact]
    public void Mutant_SentinelDropped_is_killed() => Kill("SentinelDropped");

    [Fact]
    public void Mutant_GenerationCheckDropped_is_killed() => Kill("GenerationCheckDropped");

    [Fact]
    public void Mutant_GenerationNotEnded_is_killed() => Kill("GenerationNotEnded");

    [Fact]
    public void Mutant_SnapshotWithoutGate_is_killed() => Kill("SnapshotWithoutGate");

    [Fact]
    public void Mutant_GrowthLinksUnderStaleGeneration_is_killed() => Kill("GrowthLinksUnderStaleGeneration");

    [Fact]
    public void Mutant_BatchOwnsByGeneration_is_killed() => Kill("BatchOwnsByGeneration");

    [Fact]
    public void Mutant_ClearedPageKeepsBatchStamp_is_killed() => Kill("ClearedPageKeepsBatchStamp");

    [Fact]
    public void Mutant_LinkedPageKeepsBatchStamp_is_killed() => Kill("LinkedPageKeepsBatchStamp");

    [Fact]
    public void Mutant_GuardReloadsDetachedPage_is_killed() => Kill("GuardReloadsDetachedPage");

    [Fact]
    public void Mutant_LeaseValidatedAgainstFrozenPage_is_killed() => Kill("LeaseValidatedAgainstFrozenPage");

    [Fact]
    public void Mutant_SnapshotUsedUnderLaterGuard_is_killed() => Kill("SnapshotUsedUnderLaterGuard");

    [Fact]
    public void Mutant_SnapshotTakenUnderOldBound_is_killed() => Kill("SnapshotTakenUnderOldBound");

    [Fact]
    public void Mutant_MadeUnderOldBound_is_killed() => Kill("MadeUnderOldBound");

    [Fact]
    public void Mutant_MadeValueNamedTooLate_is_killed() => Kill("MadeValueNamedTooLate");

    [Fact]
    public void Mutant_RetiredBeforeUnlink_is_killed() => Kill("RetiredBeforeUnlink");

    [Fact]
    public void Mutant_ChangeLostInFirstValue_is_killed() => Kill("ChangeLostInFirstValue");

    [Fact]
    public void Mutant_AnsweredBySignalsAfterBuild_is_killed() => Kill("AnsweredBySignalsAfterBuild");

    [Fact]
    public void Mutant_PublishedBeforeAllIsBuilt_is_killed() => Kill("PublishedBeforeAllIsBuilt");

    [Fact]
    public void Mutant_AnnouncedBeforePublished_is_killed() => Kill("AnnouncedBeforePublished");

    [Fact]
    public void Mutant_EveryChangerDelivers_is_killed() => Kill("EveryChangerDelivers");

    [Fact]
    public void Mutant_DeliveryEndedOutsideTheLock_is_killed() => Kill("DeliveryEndedOutsideTheLock");

    [Fact]
    public void Mutant_PublishedWithoutRelease_is_killed() => Kill("PublishedWithoutRelease");

    [Fact]
    public void Mutant_TakenOutThoughNotIn_is_killed() => Kill("TakenOutThoughNotIn");

    [Fact]
    public void Mutant_PriorFoundOutsideTheLock_is_killed() => Kill("PriorFoundOutsideTheLock");

    [Fact]
    public void Mutant_ClearedOutsideTheLock_is_killed() => Kill("ClearedOutsideTheLock");

    [Fact]
    public void Mutant_ToldByWhoeverFindsItExpired_is_killed() => Kill("ToldByWhoeverFindsItExpired");

    [Fact]
    public void Mutant_ReasonLookedForBeforeListenersAreStored_is_killed() => Kill("ReasonLookedForBeforeListenersAreStored");

    [Fact]
    public void Mutant_CopyNotLookedAtAgain_is_killed() => Kill("CopyNotLookedAtAgain");

    [Fact]
    public void Mutant_CopyLookedAtTooEarly_is_killed() => Kill("CopyLookedAtTooEarly");

    [Fact]
    public void Mutant_ValueBeforeMark_is_killed() => Kill("ValueBeforeMark");

    [Fact]
    public void Mutant_MarkDropped_is_killed() => Kill("MarkDropped");

    [Fact]
    public void Mutant_VersionBeforeValue_is_killed() => Kill("VersionBeforeValue");

    [Fact]
    public void Mutant_ReaderStartsFromOldValue_is_killed() => Kill("ReaderStartsFromOldValue");

    [Fact]
    public void Mutant_RevocationWithoutHeavy_is_killed() => Kill("RevocationWithoutHeavy");

    [Fact]
    public void Mutant_ModeReadBeforeAnnouncement_is_killed() => Kill("ModeReadBeforeAnnouncement");

    [Fact]
    public void Mutant_UnbiasedReaderWithoutFence_is_killed() => Kill("UnbiasedReaderWithoutFence");

    [Fact]
    public void Mutant_RebiasWithoutExclusion_is_killed() => Kill("RebiasWithoutExclusion");

    [Fact]
    public void Mutant_OtherReaderWaits_is_killed() => Kill("OtherReaderWaits");

    [Fact]
    public void Mutant_OtherReaderLetInAlone_is_killed() => Kill("OtherReaderLetInAlone");

    [Fact]
    public void Mutant_FailedRevocationTakenForMade_is_killed() => Kill("FailedRevocationTakenForMade");

    [Fact]
    public void Mutant_ModeLeftWithoutRelease_is_killed() => Kill("ModeLeftWithoutRelease");

    [Fact]
    public void Mutant_GateLeftBeforeMode_is_killed() => Kill("GateLeftBeforeMode");

    [Fact]
    public void Mutant_ReplayedWithoutWaiting_is_killed() => Kill("ReplayedWithoutWaiting");

    [Fact]
    public void Mutant_LeftRightWithoutHeavy_is_killed() => Kill("LeftRightWithoutHeavy");

    [Fact]
    public void Mutant_CopyLoadedBeforeAnnouncement_is_killed() => Kill("CopyLoadedBeforeAnnouncement");

    [Fact]
    public void Mutant_CopyPublishedWithoutRelease_is_killed() => Kill("CopyPublishedWithoutRelease");

    [Fact]
    public void Mutant_SecondCopyNotReplayed_is_killed() => Kill("SecondCopyNotReplayed");

    [Fact]
    public void Mutant_HalfChangedCopyKept_is_killed() => Kill("HalfChangedCopyKept");

    [Fact]
    public void Mutant_CopyKeptAfterFailedBarrier_is_killed() => Kill("CopyKeptAfterFailedBarrier");

    [Fact]
    public void Mutant_TakenBackAfterScan_is_killed() => Kill("TakenBackAfterScan");

    [Fact]
    public void Mutant_UnpluggedWithoutWaiting_is_killed() => Kill("UnpluggedWithoutWaiting");

    [Fact]
    public void Mutant_LookedBeforeEntering_is_killed() => Kill("LookedBeforeEntering");

    [Fact]
    public void Every_mutant_has_its_test() => Assert.All(
        MutantCatalog.All, static mutant => Assert.NotNull(typeof(MutantTests).GetMethod($"Mutant_{mutant.Name}_is_killed")?.GetCustomAttribute<FactAttribute>()));

    private void Kill(string name)
    {
        Mutant mutant = MutantCatalog.All.Single(mutant => mutant.Name == name);
        ModelResult result = ModelChecker.Check(mutant.Scenario.Body, new ModelOptions { PreemptionBound = mutant.Original.Hunt });
        output.WriteLine($"{mutant.Name} in {mutant.ScenarioName}: {result}");
        ModelFailure failure = Assert.IsType<ModelFailure>(result.Failure);

        // The same failure again, from its schedule alone.
        ModelFailure? replayed = ModelChecker.Replay(mutant.Scenario.Body, failure.Schedule);
        Assert.Equal(failure.Message, replayed?.Message);
        Assert.Equal(failure.Trace, replayed?.Trace);
    }
}
