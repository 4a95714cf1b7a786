"""Tests of the vocabulary of presets."""
