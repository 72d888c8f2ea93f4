"""Predictions: replica-symmetric and RSB saddle points. Imports no sampler, so a comparison is independent."""
