"""Numbers on arrays, no pandas: what more than one method needs."""
