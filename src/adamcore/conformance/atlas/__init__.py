"""The atlas: what the optimizers of the installed frameworks compute under each name, measured and written down."""
