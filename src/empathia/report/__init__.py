"""A timeline in, something to look at out: terminal, JSON, csv, srt, TextGrid, HTML."""
