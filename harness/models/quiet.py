"""Libraries that talk on standard error while they load are asked to keep to warnings that matter."""

import logging
import os


def quiet_libraries() -> None:
    """No loading bars and no advice from transformers, PEFT, bitsandbytes and their kin. Errors still show."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for name in ("bitsandbytes", "peft", "datasets", "sentence_transformers", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)
