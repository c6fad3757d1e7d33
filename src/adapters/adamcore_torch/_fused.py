"""Steps of tensors by the core's fused kernel, in place."""

from __future__ import annotations

import torch

from adamcore.engines.tensors import FusedTensors, FusedWork

__all__ = ["DTYPES", "FusedWork", "fused_update_list"]

_TENSORS = FusedTensors(torch)
DTYPES = _TENSORS.dtypes
fused_update_list = _TENSORS.update
