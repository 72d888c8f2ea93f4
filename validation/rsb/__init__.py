"""Replica symmetry breaking as Monte Carlo sees it: estimators, claims and figures."""
