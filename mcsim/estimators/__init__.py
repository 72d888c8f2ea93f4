"""From stored series to numbers with error bars."""
