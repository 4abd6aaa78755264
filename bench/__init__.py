"""Figures of speed and memory, each beside a baseline that is measured in the same run."""
