"""Rules that are not elementwise, step by step in high precision, written from their papers."""
