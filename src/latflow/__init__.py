"""latflow: normalizing flows for lattice field theory, exact and honest about errors."""

__version__ = "0.1.0"
