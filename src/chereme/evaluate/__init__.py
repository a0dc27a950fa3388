"""How good a bundle is on clips it has not seen: scores with intervals, calibration, tables and plots."""
