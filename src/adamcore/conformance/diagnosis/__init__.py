"""Black-box identification of an optimizer: which rule, dialect and knobs explain the steps that it takes."""
