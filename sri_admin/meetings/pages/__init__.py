"""Pages of meetings, for boards, facilitators and SRI."""
