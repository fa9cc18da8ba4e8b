"""The local cloud: what no emulator has, and the scenarios that run on it. Never shipped in a layer."""
