"""HTTP as all services speak it: problem details, protective headers, health, and documents without the internet."""
