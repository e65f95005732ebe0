"""A corpus to look at: its statistics, its pictures."""
