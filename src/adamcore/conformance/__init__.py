"""The public conformance suite: backends and subjects, what must hold, the judge and the reports."""
