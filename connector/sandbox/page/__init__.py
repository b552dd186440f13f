"""The sandbox's web page: both systems side by side, the clock, the faults and the call log."""
