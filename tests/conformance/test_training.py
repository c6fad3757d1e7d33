"""The same network in every framework's own loop, trained with adamcore's Adam."""

from __future__ import annotations

import pytest

from adamcore.conformance.training import LANES, outcomes_of


@pytest.mark.slow
@pytest.mark.parametrize("lane", LANES)
def test_the_network_gets_as_accurate_everywhere(lane: str) -> None:
    (outcome,) = outcomes_of(lane)
    assert outcome.status == "passed", outcome.message
