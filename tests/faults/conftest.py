"""The simulated world lives on jobherald.local, which no layer ships: against the built layers this folder is left out."""
