"""Replica symmetry breaking as Monte Carlo sees it: estimators, limits and predictions."""
