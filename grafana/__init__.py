"""Dashboards of driftd for Grafana, and the code that writes them."""
