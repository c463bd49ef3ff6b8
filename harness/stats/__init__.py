"""Intervals, paired tests, multiplicity, power. Arrays in, numbers out; nothing here knows of models or tasks."""

from harness.stats.bootstrapped import Bootstrapped, bootstrap_difference, bootstrap_figure
from harness.stats.confidence import ConfidenceDistribution, bca_interval
from harness.stats.continual import average_score, backward_transfer, forgetting_measure, forward_transfer
from harness.stats.estimates import Estimate, estimate_from_json
from harness.stats.multiplicity import benjamini_hochberg, holm
from harness.stats.paired_proportions import mcnemar_exact, paired_exact_p, tango_interval, tango_statistic
from harness.stats.power import minimum_detectable_effect, samples_to_decide
from harness.stats.proportions import binomial_p_values, clopper_pearson_interval, wilson_interval
from harness.stats.rates import PairedRates, Rate
from harness.stats.resampling import (
    bootstrap_sums,
    cluster_sums,
    leave_one_out_sums,
    paired_permutation_test,
)
from harness.stats.sequential import Betting, log_capital
from harness.stats.variance import variance_split
from harness.stats.weighted import WeightedSum

__all__ = [
    "Betting",
    "Bootstrapped",
    "ConfidenceDistribution",
    "Estimate",
    "PairedRates",
    "Rate",
    "WeightedSum",
    "average_score",
    "backward_transfer",
    "bca_interval",
    "benjamini_hochberg",
    "binomial_p_values",
    "bootstrap_difference",
    "bootstrap_figure",
    "bootstrap_sums",
    "clopper_pearson_interval",
    "cluster_sums",
    "estimate_from_json",
    "forgetting_measure",
    "forward_transfer",
    "holm",
    "leave_one_out_sums",
    "log_capital",
    "mcnemar_exact",
    "minimum_detectable_effect",
    "paired_exact_p",
    "paired_permutation_test",
    "samples_to_decide",
    "tango_interval",
    "tango_statistic",
    "variance_split",
    "wilson_interval",
]
