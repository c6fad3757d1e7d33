"""The PyTorch adapter on two gloo processes: replicated, sharded, and saved through torch.distributed.checkpoint.

One pair of processes runs the checks of `distributed/worker.py`, one after the other, and the tests read its report.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import adamcore_torch
import pytest
import torch
from adamcore_torch import RuleOptimizer
from torch import nn

from adamcore import Box, PolyakRuppert
from adamcore.conformance.cases import CASES

pytestmark = pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="torch was built without gloo")

WORKER = Path(__file__).parent / "distributed" / "worker.py"
QUICK = ("data_parallel", "fully_sharded", "refusals")
SLOW = (
    *("data_parallel_knobs", "fully_sharded_knobs", "sharded_engines", "sharded_averages"),
    *("uneven_inputs", "low_precision_shards", "placements", "whole_tensors"),
    *("zero_redundancy", "state_dicts", "files", "asking_for_state"),
)
SECONDS = 280

Reports = tuple[dict[str, str | None], dict[str, str | None]]


def run_pair(folder: Path, checks: Sequence[str]) -> Reports:
    """What both processes report. Neither outlives this call."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    logs = [folder / f"log{rank}.txt" for rank in (0, 1)]
    pair = []
    try:
        for rank, log in enumerate(logs):
            command = [sys.executable, "-X", "faulthandler", str(WORKER), str(rank), str(folder), *checks]
            with log.open("w") as out:
                pair.append(subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT))
        end = time.monotonic() + SECONDS
        while any(p.poll() is None for p in pair) and not any(p.poll() for p in pair) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5 if any(p.poll() for p in pair) else 0)  # for the other one to say why it failed
    finally:
        codes = [process.poll() for process in pair]  # None: stopped here
        for process in pair:
            process.kill()
            process.wait()
    reports = []
    for rank, (log, code) in enumerate(zip(logs, codes, strict=True)):
        path = folder / f"report{rank}.json"
        said = json.loads(path.read_text()) if path.exists() else {}
        reports.append(
            {name: said.get(name, f"not run, exit code {code}: {log.read_text()[-2000:]}") for name in checks}
        )
    return reports[0], reports[1]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return run_pair(tmp_path_factory.mktemp("quick"), QUICK)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return run_pair(tmp_path_factory.mktemp("slow"), SLOW)


def assert_passed(reports: Reports, check: str) -> None:
    problems = [f"process {rank}: {report[check]}" for rank, report in enumerate(reports) if report[check]]
    assert not problems, "\n".join(problems)


@pytest.mark.feature("T25")
@pytest.mark.clause("NUM-4")
def test_every_rule_under_ddp_has_the_bits_of_one_process(quick):
    assert_passed(quick, "data_parallel")


@pytest.mark.feature("T26")
@pytest.mark.clause("NUM-4", "WHOLE-1")
def test_every_rule_under_fsdp2_has_the_bits_of_an_unsharded_run(quick):
    assert_passed(quick, "fully_sharded")


@pytest.mark.feature("T26")
def test_what_cannot_be_stepped_sharded_is_refused(quick):
    assert_passed(quick, "refusals")


@pytest.mark.slow
@pytest.mark.feature("T25", "T26")
@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("check", ["data_parallel_knobs", "fully_sharded_knobs", "sharded_engines"])
def test_every_knob_and_engine_has_the_bits_of_one_process(slow, check):
    assert_passed(slow, check)


@pytest.mark.slow
@pytest.mark.feature("T26", "T35")
def test_averages_of_shards_are_put_in_and_taken_out_again(slow):
    assert_passed(slow, "sharded_averages")


@pytest.mark.slow
@pytest.mark.feature("T25", "T27")
def test_processes_may_run_out_of_data(slow):
    assert_passed(slow, "uneven_inputs")


@pytest.mark.slow
@pytest.mark.feature("T18", "T26")
def test_shards_in_low_precision_have_the_bits_of_an_unsharded_run(slow):
    assert_passed(slow, "low_precision_shards")


@pytest.mark.slow
@pytest.mark.feature("T26")
def test_dtensors_of_any_placement_have_the_bits_of_plain_ones(slow):
    assert_passed(slow, "placements")


@pytest.mark.slow
@pytest.mark.feature("T26")
@pytest.mark.clause("PROJ-1", "WHOLE-1")
def test_what_reduces_over_a_tensor_sees_all_shards(slow):
    assert_passed(slow, "whole_tensors")


@pytest.mark.slow
@pytest.mark.feature("T27")
def test_every_class_runs_in_a_zero_redundancy_optimizer(slow):
    assert_passed(slow, "zero_redundancy")


@pytest.mark.slow
@pytest.mark.feature("T28")
def test_state_dicts_of_torch_distributed_continue_the_run(slow):
    assert_passed(slow, "state_dicts")


@pytest.mark.slow
@pytest.mark.feature("T28")
def test_checkpoint_files_load_into_other_shards(slow):
    assert_passed(slow, "files")


@pytest.mark.slow
@pytest.mark.feature("T28")
def test_asking_shards_for_their_state_changes_nothing(slow):
    assert_passed(slow, "asking_for_state")


# --- the step that torch.distributed.checkpoint takes to make the state, in one process

WEIGHTS = [1.0, -0.0, 0.0, -2.5, 6e-8, 1e-40]  # the last two are subnormal or zero


@pytest.mark.feature("T28", "T18")
@pytest.mark.clause("EDGE-2")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_asking_for_the_state_before_the_first_step_changes_nothing(dtype):
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

    def step(optimizer, model, g):
        model.weight.grad = torch.full_like(model.weight, g)
        optimizer.step()

    for case in CASES:
        if 0 not in type(case.rule).domains["lr"]:
            continue  # the step that torch asks for has lr = 0
        for rate in ("number", "tensor"):
            asked, left = (nn.Linear(len(WEIGHTS), 1, bias=False).to(dtype) for _ in range(2))
            optimizers = []
            for model in (asked, left):
                model.weight.data = torch.tensor([WEIGHTS], dtype=dtype)
                optimizers.append(RuleOptimizer(model.parameters(), case.rule))
                if rate == "tensor" and isinstance(case.rule.lr, float):
                    optimizers[-1].param_groups[0]["lr"] = torch.tensor(case.rule.lr)
            before = optimizers[0].param_groups[0]["lr"]
            state = get_optimizer_state_dict(asked, optimizers[0])["state"]["weight"]
            assert int(state["step"]) == 0
            assert optimizers[0].param_groups[0]["lr"] is before
            assert asked.weight.grad is None
            assert torch.equal(asked.weight.view(torch.uint8), torch.tensor([WEIGHTS], dtype=dtype).view(torch.uint8))
            for g in (0.5, -0.25):
                for model, optimizer in zip((asked, left), optimizers, strict=True):
                    step(optimizer, model, g)
                assert torch.equal(asked.weight.view(torch.uint8), left.weight.view(torch.uint8)), case.id


@pytest.mark.feature("T28")
@pytest.mark.parametrize(
    "options",
    [
        {"weight_decay": 0.5, "weight_decay_mode": "independent"},
        {"weight_decay": 0.5, "weight_decay_mode": "decoupled"},
        {"weight_decay": 0.5},
        {"projection": Box(-0.5, 0.5)},
        {"average": PolyakRuppert()},
    ],
    ids=str,
)
def test_a_step_that_only_makes_the_state_decays_and_projects_nothing(options):
    x = nn.Parameter(torch.tensor([1.0, -0.0]))
    optimizer = adamcore_torch.Adam([x], lr=0.0, **options)
    optimizer.step()
    assert not optimizer.state
    x.grad = torch.zeros(2)
    optimizer.step()
    assert x.detach().numpy().tobytes() == torch.tensor([1.0, -0.0]).numpy().tobytes()
    assert int(optimizer.state[x]["step"]) == 0
    x.grad = torch.tensor([0.0, 1.0])
    optimizer.step()
    assert int(optimizer.state[x]["step"]) == 1
