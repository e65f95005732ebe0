"""Pictures of what was seen in a video: a sheet of everybody's face, and a film drawn over."""
