"""Runs of random MLPs: what was measured, what is known exactly about it, and the predictions for it."""
