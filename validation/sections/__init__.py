"""What reports show of runs and findings: figures and facts."""
