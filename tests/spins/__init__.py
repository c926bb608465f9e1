"""Unit vectors, O(N) and CP(N-1) models."""
