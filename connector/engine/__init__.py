"""The timetable and the workers, on DBOS; the only package that imports it."""
