"""Runs from other tools, and runs for other tools."""
