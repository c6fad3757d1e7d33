"""How a step is executed, where plain array expressions are too slow: one native pass traced from the rule."""
