"""Pretrained encoders: loaded once, run in batches, shared by the stages."""
