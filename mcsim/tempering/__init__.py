"""Parallel tempering of any model."""
