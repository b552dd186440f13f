"""What protects secrets, people and the process: each test fails when its protection is gone."""
