"""Huawei Cloud: a thin client of our own for ModelArts, and the lister on top of it (ADR 0012)."""
