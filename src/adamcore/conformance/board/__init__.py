"""The board: the conformance suite over every optimizer that is installed, and the page of who conforms to what."""
