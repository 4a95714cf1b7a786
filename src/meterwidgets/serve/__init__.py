"""The dashboards on the web: Voilà with clean addresses and hardened settings."""
