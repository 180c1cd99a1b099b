"""A weekly report in other forms, of the same numbers and words: summary, JSON, workbook, feed, web page."""
