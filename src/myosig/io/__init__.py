"""Recordings in and out; knows formats and labels, knows nothing of analysis."""
