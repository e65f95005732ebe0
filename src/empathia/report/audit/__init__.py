"""An audit to look at: a page, a table on the terminal."""
