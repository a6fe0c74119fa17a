"""The look of the pages, the same in all services: base page, style sheet, and texts in Chinese and English."""
