"""What all pools of configurations have in common: the Markov chains that fill them."""

from pydantic import Field, model_validator

from latflow.settings import Settings, largest_divisor, nearest_multiple


class PoolSettings(Settings):
    """Markov chains of a theory, and the pool of configurations that they fill and renew."""

    chains: int = Field(64, ge=2, le=10**6, description="independent chains")
    warm_up: int = Field(
        1000,
        ge=20,
        le=10**9,
        description="transitions before the first configuration; tau_int is measured in the "
        "second half",
    )
    thin: int | None = Field(
        None,
        ge=1,
        le=10**6,
        description="transitions between configurations; not given: twice the largest tau_int",
    )
    pool: int = Field(
        8192, ge=2, le=10**8, description="configurations at hand at a time; a multiple of chains"
    )
    reuse: float = Field(
        1.0,
        gt=0,
        le=10**6,
        description="how often a configuration of the pool is used on average before the chains "
        "go on and make a new pool; above 1 configurations are recycled",
    )

    @model_validator(mode="after")
    def _pool_is_even(self):
        if self.pool % self.chains:
            self.adapt("pool", nearest_multiple(self.chains, self.pool))
        if self.pool % self.chains:
            self.adapt("chains", max(2, largest_divisor(self.pool, self.chains)))
        if self.pool % self.chains:
            raise ValueError(
                f"pool must be a multiple of chains, got {self.pool} and {self.chains}"
            )
        return self
