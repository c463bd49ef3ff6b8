"""Reports of repeated generations: the share of sampling in each figure's variance, and every text a model gave."""

import json

import pandas as pd

from harness.records import Repeats
from harness.reports import html_report, markdown_report
from harness.reports.repeats import repeat_lines
from harness.reports.samples import embed_samples
from tests.reports.bundle import bundle

SENTENCE = (
    "100 samples, 5 generations each; 70% of the variance comes from sampling, so more repetitions would help more"
)


def test_each_report_says_where_the_noise_comes_from():
    comparison, verdict, manifest, samples = bundle()
    assert repeat_lines(comparison) == []
    shares = {comparison.figures[0].model: 0.7, comparison.figures[1].model: 0.2}
    figures = [
        figure.model_copy(
            update={"repeats": Repeats(samples=100, repetitions=5, generation_share=shares[figure.model])}
        )
        if place < 2
        else figure
        for place, figure in enumerate(comparison.figures)
    ]
    repeated = comparison.model_copy(update={"figures": figures})
    first, second = repeat_lines(repeated)
    assert first.endswith(SENTENCE)
    assert second.endswith("20% of the variance comes from sampling, so more samples would help more")
    assert SENTENCE in markdown_report(repeated, verdict)
    assert SENTENCE in html_report(repeated, verdict, manifest, samples)


def test_a_sample_shows_every_different_text_that_a_model_generated():
    comparison, verdict, _, samples = bundle(scale=0.02)
    first = samples.iloc[[0]]
    again = first.assign(response="another generation")
    embedded = json.loads(embed_samples(comparison, verdict, pd.concat([samples, again, first])).json)
    key = first["key"].iloc[0]
    (entry,) = [entry for entry in embedded["entries"] if entry[1] == key]
    (text,) = [text for model, text in entry[4] if embedded["models"][model] == first["model"].iloc[0]]
    assert text.count(first["response"].iloc[0]) == 1
    assert "another generation" in text
