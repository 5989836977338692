"""Carriers: which spellings mean the same one, and where its parcels can be tracked.

The text of the WMS stays as it is everywhere. Filters, groups and reports fold the texts of one
carrier when they read.
"""
