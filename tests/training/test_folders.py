"""The folder of a result appears whole, whatever an earlier kill left beside it."""

from pathlib import Path

from harness.training.folders import begin, publish


def test_a_kill_right_after_publishing_does_not_keep_the_next_training_from_it(tmp_path: Path) -> None:
    target = tmp_path / "support"
    partial = begin(target, "same")
    for folder in (target, partial / "replaced", partial / "adapter"):
        folder.mkdir()
    (target / "weights").write_text("published before the kill")
    (partial / "replaced" / "weights").write_text("replaced before the kill")
    (partial / "adapter" / "weights").write_text("new")
    publish(begin(target, "same"), target)
    assert (target / "weights").read_text() == "new" and not partial.exists()
