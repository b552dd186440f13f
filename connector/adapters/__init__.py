"""The official clients, translated at one door."""
