"""How fast the package is, against its peers, the processor and its own goals: one file a subject.

Speeds are compared by CPU time on one pinned core, in rounds in which all contenders take turns, so that ratios hold on
a noisy machine even where speeds do not. A peer samples the same network at the same temperatures, and its ratio counts
only where its mean energies are ours.
"""
