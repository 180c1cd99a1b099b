"""Bundled fonts: Noto Sans and Noto Sans Arabic (OFL), symbols of DejaVu Sans."""
