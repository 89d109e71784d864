"""The reader of TypeScript and JavaScript: an interpreter that follows functions, and one vocabulary per library."""
