"""Numbers with error bars: averages over copies and samples, limits of infinite size, comparisons and verdicts."""
