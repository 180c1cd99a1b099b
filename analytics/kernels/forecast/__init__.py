"""What the coming week and fortnight should bring, and how unlikely what came is."""
