"""Writes the dashboards: one module a dashboard, from a few kinds of panels."""
