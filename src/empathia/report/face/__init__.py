"""The listener's face, drawn: lines over 478 points, nobody's photograph."""
