"""Values made into HTML, SVG, CSV and Markdown; nothing is read here."""
