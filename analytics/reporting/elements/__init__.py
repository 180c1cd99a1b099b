"""What a page is made of: tables, cards, figures."""
