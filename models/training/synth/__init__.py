"""Synthesised speech for text coverage: `python models/training/synth/make.py` (see make.py)."""
