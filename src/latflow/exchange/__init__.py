"""Data for other programs and from them: gauge configurations, and the chains of runs."""
