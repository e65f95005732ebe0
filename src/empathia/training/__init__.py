"""One readable fit loop with atomic, resumable checkpoints."""
