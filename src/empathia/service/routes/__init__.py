"""What can be asked for, a subject a file."""
