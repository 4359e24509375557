"""Measurements: each module measures one thing beside its peer and prints one JSON object a line."""
