"""Names for what tuning costs: the measures that a comparison takes and a rule can bound."""

from typing import Literal

#: What ``forgets_at_most`` can bound; each is taken against a reference, the base if no other is named.
Measure = Literal[
    "conditional_forgetting", "negative_flips", "mean_drop", "format_drift", "perplexity_ratio", "kl"
]  # fmt: skip
#: Stands for all probes of a run where tasks are named; patterns do not mean it.
ALL_PROBES = "all_probes"
#: The task of a run whose samples are texts, and whose figure is KL(base‖model) on them.
KL_TASK, KL_METRIC = "probe_kl", "kl_to_base"
