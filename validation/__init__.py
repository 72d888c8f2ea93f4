"""Comparison of the sampled with the predicted; the only package that imports both `mcsim` and `theory`."""
