"""Native names: from a framework's names to a rule and back."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Any

import pytest

from adamcore import RULES, SGD, Adam, AdamW, GenericAdaptive, RMSProp, Rule
from adamcore.naming import Naming, argument_docs

TORCH = Naming(
    hyperparameters={"betas": ("beta1", "beta2"), "alpha": ("rho",), "decay": ("weight_decay",)},
    rules={"rmsprop": "RMSprop"},
    slots={"adam": {"m": "exp_avg", "v": "exp_avg_sq"}},
    order={"adam": ("lr", "betas", "eps", "decay")},
)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_native_hyperparameters_make_the_same_rule(rule: type[Rule]) -> None:
    made = rule(lr=0.5, weight_decay=0.25)
    assert TORCH.rule(rule, TORCH.native(made)) == made
    assert Naming({}).rule(rule, Naming({}).native(made)) == made


def test_packed_names_take_tuples_and_lists() -> None:
    for pair in ((0.8, 0.9), [0.8, 0.9]):
        rule = TORCH.rule(Adam, {"betas": pair, "decay": 0.1})
        assert (rule.beta1, rule.beta2, rule.weight_decay) == (0.8, 0.9, 0.1)
    assert TORCH.native(rule)["betas"] == (0.8, 0.9)
    assert TORCH.native(rule)["decay"] == 0.1


def test_a_packed_name_exists_only_where_all_its_parts_do() -> None:
    from adamcore import AdamNC, EMAMomentum

    for rule in (EMAMomentum, AdamNC, SGD):
        assert "betas" not in TORCH.columns(rule)
    assert TORCH.columns(EMAMomentum)["beta1"] == ("beta1",)
    assert TORCH.columns(RMSProp)["alpha"] == ("rho",)
    assert "rho" not in TORCH.columns(RMSProp)


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize(
    ("rule", "native", "kind", "message"),
    [
        (Adam, {"beta1": 0.9}, TypeError, "Adam: unknown hyperparameter 'beta1'; it has .*betas"),
        (Adam, {"amsgrad": True}, TypeError, "Adam: unknown hyperparameter 'amsgrad'"),
        (SGD, {"betas": (0.9, 0.9)}, TypeError, "SGD: unknown hyperparameter 'betas'"),
        (Adam, {"betas": 0.9}, TypeError, r"Adam: betas must be 2 numbers \('beta1', 'beta2'\), got 0.9"),
        (Adam, {"betas": (0.9,)}, TypeError, r"got \(0.9,\)"),
        (Adam, {"betas": (0.9, 0.9, 0.9)}, TypeError, "betas must be 2 numbers"),
        (Adam, {"betas": "ab"}, TypeError, "betas must be 2 numbers .* got 'ab'"),
        (Adam, {"betas": (0.9, 1.0)}, ValueError, r"Adam: beta2 must lie in \[0, 1\), got 1.0"),
    ],
)
def test_wrong_native_hyperparameters_are_refused(
    rule: type[Rule], native: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        TORCH.rule(rule, native)


@pytest.mark.clause("ERR-3")
def test_a_dialect_gives_the_defaults_and_an_unknown_one_is_refused() -> None:
    assert TORCH.rule(Adam, {}, "keras").eps == 1e-7
    assert TORCH.rule(Adam, {"eps": 1e-3}, "keras").eps == 1e-3
    assert TORCH.defaults(AdamW, "keras")["decay"] == 0.004
    with pytest.raises(ValueError, match=r"Adam: dialect must be one of 'paper', .*, got 'caffe'"):
        TORCH.rule(Adam, {}, "caffe")


def test_signatures_have_native_names_order_and_defaults() -> None:
    signature = Signature(TORCH.parameters(Adam))
    names = list(signature.parameters)
    assert names[:4] == ["lr", "betas", "eps", "decay"]
    kinds = [p.kind for p in signature.parameters.values()]
    assert kinds[:4] == [Parameter.POSITIONAL_OR_KEYWORD] * 4
    assert set(kinds[4:]) == {Parameter.KEYWORD_ONLY}
    assert signature.parameters["betas"].default == (0.9, 0.999)
    assert "weight_decay" not in names
    assert set(names) == set(TORCH.columns(Adam))


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_rules_left_out_of_the_order_take_their_own_fields_by_position(rule: type[Rule]) -> None:
    parameters = Naming({}).parameters(rule)
    assert parameters[0].name == "lr"
    keyword = {p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY}
    assert {"weight_decay", "maximize", "projection", "average", "state_dtype", "missing", "complex"} <= keyword
    assert {"rounding", "seed"} <= keyword
    assert Signature(parameters).bind(0.1).arguments["lr"] == 0.1


def test_names_of_rules_and_slots_fall_back_to_the_core() -> None:
    assert [TORCH.title(RMSProp), TORCH.title(Adam)] == ["RMSprop", "Adam"]
    assert [TORCH.slot(Adam, s) for s in ("m", "v", "average")] == ["exp_avg", "exp_avg_sq", "average"]
    assert TORCH.slot(RMSProp, "v") == "v"


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_every_hyperparameter_is_documented_under_its_native_name(rule: type[Rule]) -> None:
    said = argument_docs(rule)
    text = TORCH.docstring(rule)
    for name, cores in TORCH.columns(rule).items():
        assert f"        {name}: " in text
        for core in cores:
            assert said[core].strip(), core
    assert rule.reference in text
    assert text.count("    Args:\n") == 1


def test_documentation_of_an_argument_may_run_over_lines() -> None:
    assert argument_docs(Adam)["eps_mode"].strip().endswith(r"$\sqrt{\hat v_t + \epsilon}$.")
    assert "phi" in argument_docs(GenericAdaptive)
