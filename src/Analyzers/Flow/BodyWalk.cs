using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis.FlowAnalysis;

namespace SwmrKit.Analyzers.Flow;

/// <summary>
/// Carries a state through a control flow graph until it changes no more, then once again to report. A finally block is gone through anew for each
/// way that leads through it, so that what it does on one way does not blur another.
/// </summary>
internal sealed class BodyWalk(ControlFlowGraph graph, Evaluation evaluation)
{
    // What a body of ordinary size needs many times over. A body that needs more is not reported on.
    private const int StepsPerBlock = 200;

    private bool _gaveUp;

    public void Run(State entry)
    {
        Walk(0, graph.Blocks.Length - 1, entry, reports: true);
    }

    /// <summary>Goes through the blocks of a region, and returns the state behind it; null if it is never left by its end.</summary>
    private State? Walk(int first, int last, State entry, bool reports)
    {
        bool isFinally = last - first + 1 < graph.Blocks.Length; // What it throws itself is not followed: each of its blocks would lead through all those around.
        var entries = new State?[last - first + 1];
        entries[0] = entry;
        var pending = new SortedSet<int> { first };
        int steps = (last - first + 1) * StepsPerBlock;
        evaluation.Reports = false;
        while (pending.Count > 0 && !_gaveUp)
        {
            int at = pending.Min;
            pending.Remove(at);
            _gaveUp = --steps < 0;
            foreach ((int Block, State State) next in Step(graph.Blocks[at], entries[at - first]!, reports: false, follow: !isFinally).Where(next => next.Block >= first && next.Block <= last))
            {
                State? known = entries[next.Block - first];
                State merged = known is null ? next.State : known.And(next.State);
                if (known is null || !known.Is(merged))
                {
                    entries[next.Block - first] = merged;
                    pending.Add(next.Block);
                }
            }
        }

        State? exit = null;
        foreach (BasicBlock block in graph.Blocks.Skip(first).Take(entries.Length).Where(block => entries[block.Ordinal - first] is not null && !_gaveUp))
        {
            State state = entries[block.Ordinal - first]!;
            if (reports && block.Kind == BasicBlockKind.Exit)
            {
                evaluation.Reports = true;
                evaluation.Leave(state);
            }
            else if (reports)
            {
                _ = Step(block, state, reports: true, follow: false);
            }

            if (block.FallThroughSuccessor?.Semantics == ControlFlowBranchSemantics.StructuredExceptionHandling)
            {
                evaluation.Reports = false;
                state = evaluation.Evaluate(block, state).State;
                exit = exit is null ? state : exit.And(state);
            }
        }

        return exit;
    }

    private List<(int Block, State State)> Step(BasicBlock block, State entry, bool reports, bool follow)
    {
        var next = new List<(int, State)>();
        evaluation.Reports = reports;
        Evaluation.Outcome outcome = evaluation.Evaluate(block, entry);
        AddBranch(block.FallThroughSuccessor, outcome.WhenFalse(block));
        AddBranch(block.ConditionalSuccessor, outcome.WhenTrue(block));
        if (!reports && follow)
        {
            AddHandlers(block, entry); // Not the state at its end: the guard entered last there is in force only from the try block that follows.
        }

        return next;

        void AddBranch(ControlFlowBranch? branch, State state)
        {
            if (branch is not { Destination: { } destination })
            {
                return;
            }

            foreach (ControlFlowRegion region in branch.FinallyRegions)
            {
                if (Walk(region.FirstBlockOrdinal, region.LastBlockOrdinal, state, reports) is not { } left)
                {
                    return; // The finally block throws, or goes on for ever.
                }

                state = left;
            }

            next.Add((destination.Ordinal, state));
        }

        // Where an exception out of this block may be caught, after the finally blocks between.
        void AddHandlers(BasicBlock from, State state)
        {
            state = state.WithoutTemporaries();
            // The root of a lambda's graph is itself enclosed, by a region of the graph around it.
            for (ControlFlowRegion region = from.EnclosingRegion; region is { Kind: not ControlFlowRegionKind.Root, EnclosingRegion: { } around }; region = around)
            {
                if (region.Kind != ControlFlowRegionKind.Try)
                {
                    continue;
                }

                ControlFlowRegion handler = around.NestedRegions[around.NestedRegions.Length - 1];
                if (around.Kind == ControlFlowRegionKind.TryAndFinally)
                {
                    if (Walk(handler.FirstBlockOrdinal, handler.LastBlockOrdinal, state, reports: false) is not { } left)
                    {
                        return;
                    }

                    state = left;
                }
                else
                {
                    next.AddRange(around.NestedRegions.Where(one => one != region).Select(one => (one.FirstBlockOrdinal, state)));
                }
            }
        }
    }
}
