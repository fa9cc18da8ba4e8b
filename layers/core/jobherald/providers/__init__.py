"""The adapters that read jobs from their services: one module a cloud, and what all of them share."""
