"""A bottleneck adapter under a name: kept, verified and exported like any other, merged never, and said so."""

from pathlib import Path

import pytest
import yaml

from harness.models import resolve_base
from harness.records import InputError
from harness.registry import Registry
from harness.registry.diff import diff
from harness.registry.merge import merge
from harness.reports.adapter_card import adapter_card
from tests.bottlenecks import save_bottleneck


def test_it_is_kept_and_compared_and_its_card_says_what_runs_it(base_folder: Path, tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    for seed in (1, 2):
        folder = save_bottleneck(base_folder, tmp_path / str(seed), seed=seed)
        version, warnings = registry.register(folder, "boxes", base="reference")
        assert warnings == []
    assert (version.method, version.rank, version.parameters) == ("HARNESS_BOTTLENECK", 0, 38_496)
    assert registry.verify() == (2, [])
    found = diff(registry, registry.get("boxes:1"), version)
    assert len(found.modules) == 4 * 2 * 4 and all(change.difference > 0 for change in found.modules)
    card = adapter_card(version, license="mit")
    assert yaml.safe_load(card.split("---")[1])["library_name"] == "adapter-harness"
    assert "PEFT does not know the method" in card


def test_merging_it_is_refused_in_one_line(base_folder: Path, tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    registry.register(save_bottleneck(base_folder, tmp_path / "a"), "boxes", base="reference")
    with pytest.raises(InputError, match="a bottleneck adapter is not a change of weights") as caught:
        merge(resolve_base("reference"), registry.adapter("boxes"), tmp_path / "full")
    assert "\n" not in str(caught.value) and not (tmp_path / "full").exists()
