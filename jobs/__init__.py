"""Scheduled entry points: name, cadence and flow of each job."""
