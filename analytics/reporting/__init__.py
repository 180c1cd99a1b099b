"""Notebook to Typst to PDF."""
