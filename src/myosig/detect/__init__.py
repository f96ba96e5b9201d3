"""Bursts, silences, jerks, and how they are timed."""
