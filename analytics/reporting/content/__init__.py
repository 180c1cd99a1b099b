"""What each report says: the weekly report, an article's claims, watched regions."""
