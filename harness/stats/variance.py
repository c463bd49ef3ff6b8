"""Where the noise of a mean comes from when each sample is generated several times."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class VarianceSplit:
    """Variance components of a mean over samples and repetitions.

    Attributes:
        data: Variance of the samples' expected values: shrinks with more samples only.
        generation: Mean variance within a sample: shrinks with more samples or more repetitions.
        standard_error: Of the mean of all values.
        samples, repetitions: How many of each.
    """

    data: float
    generation: float
    standard_error: float
    samples: int
    repetitions: int

    @property
    def generation_share(self) -> float:
        """Share of the squared standard error that repeating without end would take away, 0 to 1."""
        if self.standard_error == 0:
            return 0.0
        return min(1.0, self.generation / (self.samples * self.repetitions) / self.standard_error**2)


def variance_split(values: np.ndarray) -> VarianceSplit:
    """Split the variance of repeated generations (one-way random effects, method of moments).

    Args:
        values: Shape ``(samples, repetitions)``, at least 2 by 2.

    Source: Miller (2024), "Adding error bars to evals", section 3.1; Searle, Casella and McCulloch (1992), chapter 3.
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or min(x.shape) < 2:
        raise ValueError(f"values of shape {x.shape}: need at least 2 samples and 2 repetitions")
    samples, repetitions = x.shape
    within = float(x.var(axis=1, ddof=1).mean())
    of_means = float(x.mean(axis=1).var(ddof=1))
    return VarianceSplit(
        data=max(0.0, of_means - within / repetitions),
        generation=within,
        standard_error=float(np.sqrt(of_means / samples)),
        samples=samples,
        repetitions=repetitions,
    )
