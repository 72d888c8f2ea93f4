"""What people look at: the report of runs and findings, its sections and figures."""
