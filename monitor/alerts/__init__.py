"""What alerts start that Alertmanager sends: re-tests, and references built anew."""
