"""Names of the files that a training leaves beside an adapter's weights, ``training.json`` aside."""

#: What canaries were planted, and as many of the same kind that were not.
CANARIES_FILE = "canaries.jsonl"
#: The metrics of each step, and of each pass over the data.
STEPS, EPOCHS = "metrics.parquet", "epochs.parquet"
#: What was measured of forgetting, a line a measurement.
FORGETTING_LOG = "forgetting.jsonl"
