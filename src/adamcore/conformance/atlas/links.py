"""Public threads in which people met the differences, by rule; their states may have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TENSORFLOW = "https://github.com/tensorflow/tensorflow/issues/"
_TORCH = "https://github.com/pytorch/pytorch/"
_OPTAX = "https://github.com/google-deepmind/optax/"

THREADS: Mapping[str, Sequence[tuple[str, str]]] = {
    "adam": (
        (_TENSORFLOW + "9047", "TensorFlow's epsilon is scaled by the bias correction"),
        ("https://github.com/keras-team/keras/issues/17391", "Keras' epsilon is not the paper's"),
        (_TORCH + "pull/22628", "PyTorch moved its epsilon in 2019"),
        ("https://github.com/mlcommons/training_policies/issues/266", "MLPerf finds two Adams under one name"),
        (_OPTAX + "issues/571", "a paper is reproduced only with TensorFlow's form"),
        (_TORCH + "issues/104857", "PyTorch asked for TensorFlow's form"),
        ("https://github.com/HorizonRobotics/alf/pull/466", "no choice of numbers makes one the other"),
        ("https://github.com/metaopt/torchopt/issues/235", "a functional Adam drifts from PyTorch's"),
        ("https://github.com/ml-explore/mlx/pull/1640", "MLX gets a bias correction"),
        (_OPTAX + "issues/1754", "NaN from a gradient of zeros in float16"),
    ),
    "adamax": (("https://github.com/unslothai/unsloth-zoo/pull/819", "a first step of a tenth"),),
    "adagrad": (("https://github.com/keras-team/tf-keras/issues/315", "Keras' epsilon is not PyTorch's"),),
    "lamb": (
        ("https://github.com/keras-team/keras/pull/21238", "no step in bfloat16"),
        ("https://github.com/keras-team/keras/issues/19965", "asked for in Keras"),
    ),
    "adamw": (
        (_TORCH + "issues/38767", "L2 or decoupled?"),
        ("https://github.com/NVIDIA/apex/issues/1849", "is decay multiplied by the rate?"),
        ("https://github.com/microsoft/mup/issues/1", "decay that does not change with the rate"),
        ("https://github.com/keras-team/keras/issues/19051", "Keras' decay and the paper's"),
        ("https://github.com/huggingface/transformers/issues/35504", "a copy that differed from PyTorch's"),
    ),
    "amsgrad": (
        (_OPTAX + "issues/1389", "worse models than with PyTorch"),
        (_OPTAX + "pull/1423", "switches for the corrections, none of which gives PyTorch's form"),
        (_TORCH + "issues/142323", "where the maximum stands"),
    ),
    "rmsprop": (
        (_TORCH + "issues/23796", "epsilon inside or outside of the root"),
        (_OPTAX + "issues/532", "Optax' form against PyTorch's"),
        (_TENSORFLOW + "58412", "epsilon in TensorFlow"),
        ("https://github.com/huggingface/pytorch-image-models/issues/225", "TensorFlow's form for PyTorch"),
    ),
    "momentum": (
        (_TORCH + "issues/1099", "the rate inside or outside of the buffer"),
        ("https://github.com/apache/mxnet/issues/15533", "the same in MXNet"),
    ),
    "nadam": (
        ("https://github.com/rwth-i6/returnn/issues/766", "a model stops converging with a new release"),
        ("https://github.com/rwth-i6/returnn/issues/1440", "three sets of options under one name"),
    ),
    "adafactor": (
        ("https://github.com/huggingface/transformers/issues/14830", "a missing threshold"),
        (_TORCH + "pull/129905", "three libraries compared by eye"),
    ),
    "adan": (
        ("https://github.com/sail-sg/Adan/issues/8", "epsilon inside or outside of the root"),
        (_OPTAX + "issues/401", "two ports that are orders of magnitude apart"),
    ),
    "adabelief": (
        ("https://github.com/juntang-zhuang/Adabelief-Optimizer/issues/23", "where epsilon stands"),
        (
            "https://github.com/juntang-zhuang/Adabelief-Optimizer/issues/61",
            "the text and the appendix differ",
        ),
    ),
    "lion": ((_TORCH + "issues/94904", "asked for in PyTorch"),),
    "adopt": ((_TORCH + "issues/141216", "asked for in PyTorch"),),
    "muon": (("https://github.com/kozistr/pytorch_optimizer/issues/408", "variants under one name"),),
    "schedule_free_adamw": (
        ("https://github.com/mlcommons/algorithmic-efficiency/issues/809", "JAX and PyTorch differ"),
        ("https://github.com/mlcommons/algorithmic-efficiency/issues/925", "they do not reproduce each other"),
    ),
}

OFF: Mapping[tuple[str, str], str] = {
    (
        "muon",
        "torch",
    ): "it iterates in bfloat16, whatever the dtype of the parameter is, so that it is off its formula",
    (
        "rprop",
        "optax",
    ): "every change comes one step late (see its defect below), so that it is off what it documents",
}
"""Why a native optimizer does not take the steps of its own formula, by rule and framework."""
