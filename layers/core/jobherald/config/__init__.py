"""What people write about what to watch, guarded: one TOML document in, the rules of each place out."""
