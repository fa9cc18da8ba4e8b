"""Proofs that what people wrote is true, and the references generated from it. Never imported on the hot path."""
