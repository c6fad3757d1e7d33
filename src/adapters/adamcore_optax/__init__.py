"""Every rule of adamcore as an Optax gradient transformation.

`adam(...)`, `rmsprop(...)`, ... have Optax's signatures; `scale_by_adam(...)`, ... leave the learning rate to the
chain; `transform(rule)` runs any rule, a user's own included.
"""

from adamcore.rules import RULES
from adamcore_optax._alias import make_alias, make_scale_by
from adamcore_optax._transform import averaged_params, step, transform

for _rule in RULES:
    globals()[_rule.name] = make_alias(_rule)
    globals()[f"scale_by_{_rule.name}"] = make_scale_by(_rule)

__all__ = ["averaged_params", "step", "transform"]
__all__ += [_rule.name for _rule in RULES] + [f"scale_by_{_rule.name}" for _rule in RULES]

del _rule
