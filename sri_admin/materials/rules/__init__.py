"""Pure rules of materials: blocks, their identity, releases, who is entitled."""
