"""Mutants of what we ship: `python -m benchmarks.mutants`."""
