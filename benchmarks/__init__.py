"""How fast the steps are: ours beside the native ones in one process, and beside the limit that memory sets."""
