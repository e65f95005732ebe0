"""From a recording or a transcript to who said what, and when."""
