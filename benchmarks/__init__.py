"""Side-by-side timings on one machine in one run: `python -m benchmarks events`."""
