"""Grids that values are rounded to, so that sums are exact and depend on no order."""

SUM_GRID = 2.0**10
"""Standardised values lie on a grid of 1 / SUM_GRID."""

KERNEL_GRID = 2.0**12
"""Random Fourier features lie on a grid of 1 / KERNEL_GRID."""

PROJECTION_GRID = 2.0**14
"""Directions that values are projected on lie on a grid of 1 / PROJECTION_GRID."""
