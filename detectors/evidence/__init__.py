"""Evidence of drift within a budget of false alarms: likelihood ratios over windows.

The windowed likelihood ratio compares every window of a stream with a finite reference. It is
one number per stream, valid over all features, kinds of change and windows together.
"""
