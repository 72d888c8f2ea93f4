"""Trained networks as spins: what their hidden order is, and Monte Carlo beside the TAP equations."""
