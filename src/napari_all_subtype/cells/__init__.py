"""From pixels to measured cells: numpy in, numpy and pandas out."""
