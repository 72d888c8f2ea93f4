"""Phases of the random MLP: where replica symmetry is stable and how it breaks, over beta and the weight variance."""
