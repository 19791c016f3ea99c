"""The folder that remembers: who said what of which cell, and when; no keras, no Qt."""
