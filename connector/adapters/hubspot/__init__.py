"""HubSpot behind its official client, translated at one door."""
