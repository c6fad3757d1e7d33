"""An independent high-precision oracle of the update rules: exact values, error bounds, wrong readings, vectors."""
