"""Each claim of each experiment comes out as before, in the quick form."""

from __future__ import annotations

from pathlib import Path

import pytest

from adamcore.experiments.catalogue import EXPERIMENTS
from adamcore.experiments.experiment import Experiment
from adamcore.experiments.report import picture
from adamcore.experiments.run import run


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_the_claims_come_out_as_expected(experiment: Experiment, tmp_path: Path) -> None:
    done = run(experiment, quick=True, folder=tmp_path, workers=1)
    assert done.failures == {}
    claims = done.claims()
    told = {claim.key: f"{claim.verdict.value}: {claim.why}" for claim in claims}
    assert {claim.key: claim.verdict for claim in claims} == experiment.expects(quick=True), told
    picture(done, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000
