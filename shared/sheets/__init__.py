"""The one reader of tables that people hand in: text in every separator and encoding that is certain, XLSX and ODS."""
