"""Every rule of adamcore as an Optax gradient transformation.

`adam(...)`, `rmsprop(...)`, ... have Optax's signatures, and states as its chains have them; `scale_by_adam(...)`, ...
leave the learning rate to the chain; `transform(rule)` runs any rule, a user's own included.
"""

from adamcore_optax._alias import SPELLINGS, make
from adamcore_optax._bridge import export_state, import_state
from adamcore_optax._diagnostics import Diagnostics, diagnosed
from adamcore_optax._transform import averaged_params, step, transform

for _spelling in SPELLINGS:
    globals()[_spelling.name] = make(_spelling)

__all__ = ["Diagnostics", "averaged_params", "diagnosed", "export_state", "import_state", "step", "transform"]
__all__ += [_spelling.name for _spelling in SPELLINGS]

del _spelling
