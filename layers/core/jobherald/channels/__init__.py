"""Where news is told: a module for each channel, made and wired by ``jobherald.bootstrap``."""
