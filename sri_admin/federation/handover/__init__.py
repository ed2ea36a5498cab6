"""Handing a member's records over between the hub and a node of its own: never two writers, nothing lost."""
