"""Masks DOCX and XLSX files."""
